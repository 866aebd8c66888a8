// The shop: shows what the address says, and keeps it up to date by one socket.

import * as address from "./address.js";
import { socket } from "./api.js";
import * as cart from "./cart.js";
import * as drawer from "./drawer.js";
import { byId } from "./element.js";
import * as list from "./list.js";
import { Live } from "./live.js";
import * as product from "./product.js";

const live = new Live(socket(), async () => cart.credentials());

async function buy(variant, quantity) {
  await cart.add(variant, quantity);
  drawer.open();
}

async function show({ isBack }) {
  const place = address.place();
  if (place.product !== undefined) {
    list.hide();
    await product.show(place.product);
  } else {
    product.hide();
    await list.show(place.filter, isBack);
  }
}

// Whoever follows a link is where it leads, and hears it: but whoever types goes on typing.
async function moved(how) {
  await show(how);
  const now = document.activeElement;
  if (!now || now === document.body || now.closest("[hidden]")) {
    byId("main").focus({ preventScroll: true });
  }
}

address.start();
address.whenMoved(moved);
cart.start(live);
drawer.start();
list.start(live);
product.start(live, buy);
show({ isBack: false });
