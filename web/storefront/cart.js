// The cart of a guest. Its secret is kept in this browser; what is in it is always what the shop said
// last, in an answer or by the socket.

import { ask } from "./api.js";

const KEY = "rialto.cart_token";
// Changes that come one right after the other are read together.
const TOGETHER_MS = 100;

const watchers = new Set();
let live = null;
let leave = null;
let token = kept();
let cart = null;
let last = Promise.resolve();
let later = null;

// A browser may keep nothing: then the cart lasts as long as the page.
function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(next) {
  become(next);
  try {
    if (next === null) {
      localStorage.removeItem(KEY);
    } else {
      localStorage.setItem(KEY, next);
    }
  } catch {
    // See above.
  }
}

export function start(socket) {
  live = socket;
  // Another window of this browser has begun a cart, or edited it.
  addEventListener("storage", (event) => {
    if (event.key === KEY) {
      become(event.newValue);
      reread();
    }
  });
  follow();
  reread();
}

// Who asks on the socket.
export function credentials() {
  return token === null ? null : { cart_token: token };
}

// The socket is for one cart: with another one, or none, it begins anew.
function become(next) {
  if (next === token) {
    return;
  }
  const before = token;
  token = next;
  leave?.();
  if (before !== null) {
    live.restart();
  } else if (next !== null) {
    live.request("auth", credentials()).catch(() => {});
  }
  follow();
}

// Tells of each edit in another window or on another device, and of what becomes of a line.
function follow() {
  leave = token === null ? null : live.follow("cart", heard);
}

function heard({ type, data }) {
  // What was on its way while an edit was answered is older than the answer.
  const isOld = cart !== null && data.id === cart.id && data.version < cart.version;
  if (type !== "refused" && !isOld) {
    took(data);
  }
}

// Calls `told` with the cart, or null where there is none, now and each time that it changes.
export function watch(told) {
  watchers.add(told);
  told(cart);
}

// Reads it again, as what is in it may have changed. Several at once are one.
export function reread() {
  clearTimeout(later);
  // What was read last stays where it cannot be read now; the next edit tells.
  later = setTimeout(() => inTurn(read).catch(() => {}), TOGETHER_MS);
}

async function read() {
  if (token === null) {
    return took(null);
  }
  return took(await ask("GET", "/cart", { headers: secret() }).catch(forgotten));
}

export function add(variant, quantity) {
  return inTurn(async () => {
    const body = { variant_id: variant, quantity };
    if (token === null) {
      await begin();
    }
    return took(await edit("POST", "/cart/items", body).catch(async (error) => {
      forgotten(error);
      await begin();
      return edit("POST", "/cart/items", body);
    }));
  });
}

export function change(item, quantity) {
  return inTurn(() => edited("PATCH", `/cart/items/${item}`, { quantity }));
}

export function remove(item) {
  return inTurn(() => edited("DELETE", `/cart/items/${item}`));
}

// Keeps all that is in it for some minutes, or gives it back.
export function hold() {
  return inTurn(async () => took(await edit("POST", "/cart/hold")));
}

export function release() {
  return inTurn(() => edited("DELETE", "/cart/hold"));
}

export function putCoupon(code) {
  return inTurn(async () => took(await edit("POST", "/cart/promotions", { code })));
}

export function takeCoupon(code) {
  return inTurn(() => edited("DELETE", `/cart/promotions/${encodeURIComponent(code)}`));
}

// What is left of a line that another window took out is read again.
async function edited(method, path, body) {
  try {
    return took(await edit(method, path, body));
  } catch (error) {
    if (error.status === 404) {
      return read();
    }
    throw error;
  }
}

function edit(method, path, body) {
  return ask(method, path, { headers: secret(), body });
}

async function begin() {
  const made = await ask("POST", "/carts");
  keep(made.token);
}

// A secret that opens nothing any more is forgotten; all else is an error.
function forgotten(error) {
  if (error.status !== 401) {
    throw error;
  }
  keep(null);
  return null;
}

function secret() {
  return { "X-Cart-Token": token };
}

// One after the other, so that the answer that comes last is of the last edit.
function inTurn(work) {
  const done = last.then(work);
  last = done.catch(() => {});
  return done;
}

function took(next) {
  cart = next;
  watchers.forEach((told) => told(cart));
  return cart;
}
