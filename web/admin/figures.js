// How the shop is doing, once a second.

import { byId, element, say } from "/storefront/element.js";
import { money } from "/storefront/words.js";

const FIGURES = [
  ["orders", "Orders today"],
  ["revenue", "Revenue today"],
  ["carts", "Carts in use"],
  ["carts_held", "Carts held"],
  ["sockets", "Sockets"],
  ["errors", "Errors, last minute"],
];

const numbers = new Intl.NumberFormat("en");

export function start(live) {
  const nodes = new Map();
  const list = byId("figures");
  list.replaceChildren();
  for (const [name, title] of FIGURES) {
    const figure = element("dd", { id: `figure-${name}` }, "–");
    nodes.set(name, figure);
    list.append(element("div", {}, element("dt", {}, title), figure));
  }
  live.follow("admin:stats", ({ type, data }) => {
    if (type !== "refused") {
      show(nodes, data);
    }
  });
}

function show(nodes, figures) {
  for (const [name, node] of nodes) {
    const value = figures[name];
    say(node, typeof value === "object" ? money(value) : numbers.format(value));
  }
  say(byId("figures-of"), `Days begin at midnight in UTC. Sockets and errors are of the node ${figures.node}.`);
}
