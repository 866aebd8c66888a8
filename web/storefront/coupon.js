// The coupons of the cart: what each gives, or why it gives nothing.

import * as cart from "./cart.js";
import { element, say, tell } from "./element.js";
import { coupon, failure, money } from "./words.js";

const CODE_CHARS_MAX = 40;

const field = element("input", {
  type: "text",
  autocomplete: "off",
  autocapitalize: "characters",
  maxlength: String(CODE_CHARS_MAX),
  placeholder: "Coupon",
  "aria-label": "Coupon",
});
const refused = element("p", { class: "line-problem", role: "status" });
const list = element("ul", { class: "coupons" });
export const node = element(
  "div",
  { class: "cart-coupons" },
  list,
  element("form", { submit: put }, field, element("button", { type: "submit" }, "Add")),
  refused,
);

export function show(now) {
  node.hidden = !now?.items.length;
  list.replaceChildren(...(now?.promotions ?? []).map(line));
}

function line({ code, kind, discount, problem }) {
  const gives = discount.amount ? `−${money(discount)}` : coupon(problem, kind);
  const remove = () => cart.takeCoupon(code).catch((error) => tell(failure(error)));
  return element(
    "li",
    { class: problem ? "troubled" : null },
    element("span", {}, code ? `${code}: ${gives}` : gives),
    code &&
      element(
        "button",
        { type: "button", class: "link", "aria-label": `Remove ${code}`, click: remove },
        "Remove",
      ),
  );
}

async function put(event) {
  event.preventDefault();
  const code = field.value.trim();
  if (code === "") {
    return;
  }
  try {
    await cart.putCoupon(code);
    field.value = "";
    say(refused, "");
  } catch (error) {
    const isNone = error.code === "not_found" || error.code === "invalid";
    say(refused, isNone ? "There is no such coupon, or it does not count now." : failure(error));
  }
}
