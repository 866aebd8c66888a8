// What happens in the shop, the newest first.
//
// However much comes, a frame of the screen shows what is there then: what could not be seen anyway is
// never drawn, and of what was drawn the last rows are kept.

import { byId, element } from "/storefront/element.js";
import { money } from "/storefront/words.js";
import { GROUPS, groupOf } from "./kinds.js";

const ROWS_MAX = 200;
const FAULTS = new Set([
  "checkout.refused",
  "payment.failed",
  "payment.refund_failed",
  "delivery.failed",
  "mail.failed",
  "event.unreadable",
]);

const times = new Intl.DateTimeFormat("en", { timeStyle: "medium", hourCycle: "h23" });
const numbers = new Intl.NumberFormat("en");
const shown = new Set(GROUPS.map(([name]) => name));
let waiting = [];
let isDrawing = false;
let isPaused = false;
// Where the feed stands, and what ends following it.
let since;
let leave = () => {};

// Calls `look` with the id of an order that somebody wants to see.
export function start(live, look) {
  const pause = byId("pause");
  pause.onclick = () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    draw(look);
  };
  filter(() => follow(live, look));
  follow(live, look);
}

// Has what is chosen told from here on, and nothing else sent. What has happened since the last that was
// told follows, so that nothing is missed between one choice and the next.
function follow(live, look) {
  leave();
  const types = GROUPS.filter(([name]) => shown.has(name)).flatMap(([, , types]) => types);
  if (types.length === 0) {
    leave = () => {};
    return;
  }
  const filter = shown.size < GROUPS.length ? { types } : undefined;
  leave = live.follow("admin:feed", (said) => hear(said, look), { filter, since });
}

function hear({ type, data, sequence }, look) {
  if (type === "snapshot" || type === "refused") {
    return;
  }
  since = { sequence };
  waiting.push({ type, data, at: new Date() });
  if (waiting.length > ROWS_MAX) {
    waiting = waiting.slice(-ROWS_MAX);
  }
  draw(look);
}

function filter(changed) {
  const boxes = GROUPS.map(([name, title]) => {
    const change = ({ target }) => {
      target.checked ? shown.add(name) : shown.delete(name);
      sift();
      changed();
    };
    const box = element("input", { type: "checkbox", checked: true, change, "data-group": name });
    return element("label", {}, box, title);
  });
  const legend = byId("filter").querySelector("legend");
  byId("filter").replaceChildren(legend, ...boxes);
}

function sift() {
  for (const row of byId("feed").children) {
    row.hidden = !shown.has(row.dataset.group);
  }
}

// A page that nobody sees draws nothing.
function draw(look) {
  if (isDrawing || isPaused || waiting.length === 0) {
    return;
  }
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    if (isPaused) {
      return;
    }
    const rows = waiting.map((event) => row(event, look)).reverse();
    waiting = [];
    const list = byId("feed");
    list.prepend(...rows);
    while (list.children.length > ROWS_MAX) {
      list.lastElementChild.remove();
    }
    byId("feed-none").hidden = true;
  });
}

function row({ type, data, at }, look) {
  const time = element("time", { datetime: at.toISOString() }, times.format(at));
  if (type === "feed.sampled") {
    const text = `${numbers.format(data.skipped)} more happened than can be shown`;
    return element("li", { "data-group": "rest" }, time, element("span", { class: "left-out" }, text));
  }
  const group = groupOf(type);
  const order = data.order_id;
  const open = order
    ? element("button", { class: "link", type: "button", click: () => look(order) }, data.number ?? "order")
    : null;
  const what = element("span", { class: "type" }, type);
  const attributes = { "data-group": group, "data-type": type, class: FAULTS.has(type) ? "faulty" : null };
  const made = element("li", attributes, time, element("span", {}, what, open ? " " : null, open));
  const text = says(data);
  if (text) {
    made.append(element("span", { class: "says" }, text));
  }
  made.hidden = !shown.has(group);
  return made;
}

// What of an event is worth a line: amounts, states and words, and no ids.
function says(data) {
  const parts = [];
  for (const [name, value] of Object.entries(data)) {
    if (value === null || name === "number" || name === "order_sequence") {
      continue;
    }
    if (value?.currency) {
      parts.push(`${name} ${money(value)}`);
    } else if (["string", "number", "boolean"].includes(typeof value) && !/(^|_)id$/.test(name)) {
      parts.push(`${name} ${value}`);
    }
  }
  return parts.join(", ");
}
