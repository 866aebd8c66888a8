// One order, followed as long as it is looked at: the others see that.

import { byId, element } from "/storefront/element.js";
import { money } from "/storefront/words.js";

let leave = null;

// Shows an order, in the place of the one before.
export function look(live, id) {
  close();
  const panel = byId("order");
  const title = element("h2", { id: "order-title", tabindex: "-1" }, "Order");
  const status = element("p", { class: "order-status" });
  const events = element("ol", { "aria-label": "What has happened to it since" });
  const away = element("button", { class: "quiet", type: "button", click: close }, "Close");
  panel.replaceChildren(title, status, events, away);
  panel.hidden = false;
  leave = live.follow(`order:${id}`, ({ type, data }) => {
    if (type === "snapshot") {
      title.textContent = `Order ${data.number}`;
      status.textContent = `${data.status}, ${money(data.total)}`;
      events.replaceChildren();
    } else if (type === "refused") {
      status.textContent = "There is no such order.";
    } else {
      events.append(element("li", {}, type));
      if (data.status && type.startsWith("order.")) {
        status.textContent = data.status;
      }
    }
  });
  title.focus();
}

function close() {
  leave?.();
  leave = null;
  byId("order").hidden = true;
}
