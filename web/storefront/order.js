// An order as its buyer watches it: each step once and in order, and every new one as it happens. What
// opens the order stands behind the # of the address, which is told to no server.

import { ask, socket } from "./api.js";
import { byId, element, flash, say } from "./element.js";
import { Live } from "./live.js";
import { mark } from "./mark.js";
import { failure, money, step } from "./words.js";

const id = location.pathname.split("/").pop();
const token = location.hash.slice(1);
const live = new Live(socket());

const title = element("h1", { id: "order-title" }, "Your order");
const sum = element("p", { class: "subline" });
const steps = element("ol", { class: "steps", "aria-label": "What has happened" });
const problem = element("p", { class: "notice", role: "alert", hidden: true });
byId("main").append(title, sum, mark(live), problem, steps);

function refuse(text) {
  problem.hidden = false;
  say(problem, text);
}

function heard({ type, at, data }) {
  if (type === "refused") {
    refuse("There is no such order, or this is not its address.");
  } else if (type === "snapshot") {
    // The shop was restored from a backup: what is shown here may be of another life of it.
    location.reload();
  } else {
    const when = element("time", { datetime: at }, new Date(at).toLocaleString("en"));
    const done = element("li", { "data-type": type }, when, step(type, data));
    steps.append(done);
    flash(done);
  }
}

async function open() {
  const headers = { "X-Order-Token": token };
  const order = await ask("GET", `/orders/${encodeURIComponent(id)}`, { headers });
  say(title, `Order ${order.number}`);
  say(sum, money(order.total));
  problem.hidden = true;
}

// From its first step on. What the socket refuses it says itself, so nothing more is said of that.
live.follow(`order:${id}`, heard, { order_token: token, since: { sequence: 0 } });
live.watch((state) => {
  if (state === "live" && sum.textContent === "") {
    open().catch((error) => [403, 404].includes(error.status) || refuse(failure(error)));
  }
});
addEventListener("hashchange", () => location.reload());
