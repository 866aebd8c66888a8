// The cart as it is seen: a drawer at the side, over everything else.

import { productAt } from "./address.js";
import { product } from "./api.js";
import * as cart from "./cart.js";
import * as coupons from "./coupon.js";
import { byId, element, say, tell } from "./element.js";
import * as hold from "./hold.js";
import { cover } from "./picture.js";
import { count, failure, money, problem } from "./words.js";

const QUANTITY_MAX = 999;
// Several presses of a button are one edit.
const PRESSED_MS = 250;
const THUMB = "4.5rem";

const lines = new Map();
const list = element("ul", { class: "lines" });
const total = element("output", {});
const empty = element("p", { class: "cart-empty" }, "There is nothing in your cart yet.");
const sum = element(
  "div",
  { class: "cart-sum" },
  element("p", { class: "cart-total" }, element("span", {}, "Total"), total),
  element("p", { class: "hint" }, "Delivery is added at the checkout."),
);
const notice = element("p", { class: "cart-notice", role: "status" });

export function start() {
  const drawer = byId("cart");
  const close = element(
    "button",
    { type: "button", class: "quiet", "aria-label": "Close the cart", click: () => drawer.close() },
    "×",
  );
  const title = element("h2", { id: "cart-title", tabindex: "-1", autofocus: true }, "Your cart");
  const head = element("header", {}, title, close);
  const inside = [head, notice, empty, list, coupons.node, hold.node, sum];
  drawer.append(element("div", { class: "drawer-inside" }, ...inside));
  byId("cart-open").addEventListener("click", open);
  // Beside the drawer is out of it; a link of it leads away from it.
  drawer.addEventListener("click", (event) => {
    if (event.target === drawer || event.target.closest("a")) {
      drawer.close();
    }
  });
  cart.watch(show);
}

export function open() {
  const drawer = byId("cart");
  if (!drawer.open) {
    drawer.showModal();
    cart.reread();
  }
}

function show(now) {
  const items = now?.items ?? [];
  const units = items.reduce((units, item) => units + item.quantity, 0);
  const badge = byId("cart-count");
  badge.hidden = units === 0;
  say(badge, String(units));
  badge.classList.toggle("troubled", (now?.problems.length ?? 0) > 0);
  byId("cart-open").setAttribute("aria-label", units ? `Cart, ${count(units, "item")}` : "Cart");
  empty.hidden = items.length > 0;
  sum.hidden = items.length === 0;
  coupons.show(now);
  hold.show(now);
  const isAway = !items.some((item) => lines.get(item.id)?.node.contains(document.activeElement));
  const wasInside = list.contains(document.activeElement);
  for (const [id, line] of lines) {
    if (!items.some((item) => item.id === id)) {
      line.node.remove();
      lines.delete(id);
    }
  }
  for (const item of items) {
    if (!lines.has(item.id)) {
      lines.set(item.id, new Line(item));
      list.append(lines.get(item.id).node);
    }
    const found = now.problems.find((it) => it.item_id === item.id);
    lines.get(item.id).show(item, found);
  }
  if (wasInside && isAway) {
    byId("cart-title").focus();
  }
  if (now) {
    say(total, money(now.total));
    const troubles = now.problems.length;
    say(notice, troubles ? `${count(troubles, "line needs", "lines need")} a look.` : "");
  }
}

// A line stays the same element while it changes, so that nobody loses their place.
class Line {
  #price = element("p", { class: "line-price" });
  #problem = element("p", { class: "line-problem", role: "status" });
  #quantity;
  #item;
  #later = null;
  node;

  constructor(item) {
    this.#item = item;
    this.#quantity = element("input", {
      type: "number",
      inputmode: "numeric",
      min: "1",
      max: String(QUANTITY_MAX),
      "aria-label": `Quantity of ${item.name}`,
      change: () => this.#set(Number(this.#quantity.value)),
    });
    const thumb = element("div", { class: "line-cover" });
    showCover(thumb, item.product_id);
    this.node = element(
      "li",
      { class: "line" },
      thumb,
      element(
        "div",
        { class: "line-about" },
        element("a", { href: productAt(item.product_id) }, item.name),
        this.#problem,
      ),
      this.#price,
      this.#controls(item),
    );
  }

  #controls(item) {
    const step = (by, text, label) =>
      element(
        "button",
        { type: "button", "aria-label": label, click: () => this.#step(by) },
        text,
      );
    return element(
      "div",
      { class: "line-controls" },
      element(
        "div",
        { class: "stepper" },
        step(-1, "−", `One ${item.name} less`),
        this.#quantity,
        step(1, "+", `One ${item.name} more`),
      ),
      element(
        "button",
        {
          type: "button",
          class: "link",
          "aria-label": `Remove ${item.name}`,
          click: () => this.#edit(() => cart.remove(item.id)),
        },
        "Remove",
      ),
    );
  }

  show(item, found) {
    this.#item = item;
    // Not under the hands of somebody who is about to change it.
    if (this.#later === null) {
      this.#quantity.value = String(item.quantity);
    }
    say(this.#price, money(item.line_total));
    say(this.#problem, found ? problem(found.code, found.available) : "");
    this.node.classList.toggle("troubled", found !== undefined);
  }

  #step(by) {
    const next = Number(this.#quantity.value) + by;
    if (next >= 1 && next <= QUANTITY_MAX) {
      this.#quantity.value = String(next);
      this.#set(next);
    }
  }

  #set(quantity) {
    clearTimeout(this.#later);
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > QUANTITY_MAX) {
      this.#later = null;
      this.#quantity.value = String(this.#item.quantity);
      return;
    }
    this.#later = setTimeout(() => {
      this.#later = null;
      this.#edit(() => cart.change(this.#item.id, quantity));
    }, PRESSED_MS);
  }

  async #edit(work) {
    await work().catch((error) => {
      tell(failure(error));
      cart.reread();
    });
  }
}

// A line knows the id of its product alone.
async function showCover(place, id) {
  const found = await product(id).catch(() => null); // It may be sold no more.
  if (found) {
    const small = { ...found, images: found.images.slice(0, 1).map((it) => ({ ...it, alt: "" })) };
    place.replaceChildren(cover(small, { sizes: THUMB }));
  }
}
