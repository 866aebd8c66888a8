// The desk of those who run the shop: shows what happens while it happens, by one socket.

import { socket } from "/storefront/api.js";
import { byId, element } from "/storefront/element.js";
import { Live } from "/storefront/live.js";
import { mark } from "/storefront/mark.js";
import * as feed from "./feed.js";
import * as figures from "./figures.js";
import * as order from "./order.js";
import * as presence from "./presence.js";
import { Session } from "./session.js";

const FAILED = {
  invalid_credentials: "There is no account with this address and password.",
  account_suspended: "This account is suspended.",
  forbidden: "This is for those who run the shop.",
  invalid: "Please type an address and a password of ten characters or more.",
  too_many_requests: "Too many tries. Please wait a minute.",
  unreachable: "The shop cannot be reached. Please look at your connection and try again.",
};

const session = new Session();

function fail(error) {
  const said = byId("login-said");
  said.textContent = FAILED[error.code] ?? "Something went wrong on our side. Please try again.";
  said.hidden = false;
}

async function logIn(event) {
  event.preventDefault();
  const button = byId("login").querySelector("button");
  button.disabled = true;
  byId("login-said").hidden = true;
  try {
    await session.logIn(byId("email").value, byId("password").value);
    await open();
  } catch (error) {
    fail(error);
  } finally {
    button.disabled = false;
    byId("password").value = "";
  }
}

// The page is read anew for whoever logs in next: nothing of this session stays on it.
function ended() {
  byId("desk").replaceChildren(
    element("p", { class: "problem", role: "alert" }, "Your session has ended. "),
    element("a", { href: "/admin" }, "Log in again"),
  );
}

// Who asks on the socket; without a session nobody does any more.
async function credentials() {
  return session.credentials().catch((error) => {
    if (error.status === 401 || error.status === 403) {
      ended();
    }
    throw error;
  });
}

async function open() {
  const live = new Live(socket(), credentials);
  live.watch((state) => state === "ended" && ended());
  const look = (id) => order.look(live, id);
  byId("login").hidden = true;
  byId("desk").hidden = false;
  byId("state").replaceChildren(mark(live));
  figures.start(live);
  presence.start(live, session.user.id, look);
  feed.start(live, look);
  byId("feed-title").focus();
}

byId("login").addEventListener("submit", logIn);
byId("email").focus();
