// The hold of the cart: all of it is kept for this buyer, for as long as the clock here says.

import * as cart from "./cart.js";
import { element, say, tell } from "./element.js";
import { failure } from "./words.js";

const SECOND_MS = 1000;

const left = element("p", { class: "hold-left", role: "timer" });
const button = element("button", { type: "button", class: "link", click: press });
export const node = element("div", { class: "cart-hold" }, left, button);
let until = null;
let ticking = null;
// The end that the shop was asked about.
let asked = null;

export function show(now) {
  node.hidden = !now?.items.length;
  until = now?.hold ? Date.parse(now.hold.expires_at) : null;
  say(button, until === null ? "Hold for me" : "Release");
  clearInterval(ticking);
  if (until !== null) {
    ticking = setInterval(tick, SECOND_MS);
  }
  tick();
}

function tick() {
  if (until === null) {
    say(left, "");
    return;
  }
  const seconds = Math.max(0, Math.ceil((until - Date.now()) / SECOND_MS));
  const rest = String(seconds % 60).padStart(2, "0");
  say(left, `Held for you: ${Math.floor(seconds / 60)}:${rest}`);
  if (seconds === 0 && asked !== until) {
    // The shop says when it is over, and is asked once: the clock here may be wrong.
    asked = until;
    cart.reread();
  }
}

async function press() {
  button.disabled = true;
  await (until === null ? cart.hold() : cart.release()).catch((error) => {
    tell(failure(error));
    cart.reread();
  });
  button.disabled = false;
}
