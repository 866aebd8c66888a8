// Which of those who run the shop are looking, and at which orders.

import { byId, element } from "/storefront/element.js";

// Calls `look` with the id of an order that somebody wants to see too.
export function start(live, own, look) {
  const list = byId("presence");
  live.follow("admin:presence", ({ type, data }) => {
    if (type !== "refused") {
      list.replaceChildren(...data.admins.map((admin) => row(admin, own, look)));
    }
  });
}

function row({ user_id, name, orders }, own, look) {
  const who = element("strong", {}, user_id === own ? `${name} (you)` : name);
  const those = orders.map((id) =>
    element("button", { class: "link", type: "button", click: () => look(id) }, `order …${id.slice(-6)}`),
  );
  const looks = those.length ? element("span", { class: "hint" }, " looks at ") : null;
  const spaced = those.flatMap((button, at) => (at ? [", ", button] : [button]));
  return element("li", { "data-user": user_id }, who, looks, ...spaced);
}
