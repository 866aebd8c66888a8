// Who is logged in on this page, and the addresses of their sockets.
//
// The tokens live as long as the page does, and are written nowhere.

import { ask, Problem } from "/storefront/api.js";

export class Session {
  #tokens = null;
  #renewed = null;

  async logIn(email, password) {
    const tokens = await ask("POST", "/auth/login", { body: { email, password } });
    if (tokens.user.role !== "admin") {
      throw new Problem(403, "forbidden");
    }
    this.#tokens = tokens;
  }

  get user() {
    return this.#tokens.user;
  }

  // Asks as whoever is logged in, with fresh tokens where the old ones have expired.
  async ask(method, path, options) {
    try {
      return await this.#asked(method, path, options);
    } catch (error) {
      if (error.status !== 401) {
        throw error;
      }
      await this.#renew();
      return this.#asked(method, path, options);
    }
  }

  #asked(method, path, options = {}) {
    const headers = { Authorization: `Bearer ${this.#tokens.access_token}` };
    return ask(method, path, { ...options, headers });
  }

  // Of several who find the tokens too old one renews them.
  #renew() {
    const body = { refresh_token: this.#tokens.refresh_token };
    this.#renewed ??= ask("POST", "/auth/refresh", { body })
      .then((tokens) => {
        this.#tokens = tokens;
      })
      .finally(() => {
        this.#renewed = null;
      });
    return this.#renewed;
  }
}

// What no ticket is: it opens nothing, so that nobody is taken for a stranger.
const SPENT = "spent";

// The address of a socket of the session. A ticket opens one socket, so it is another address each time
// that it is read; whoever reads it without a ticket is refused, and has one the next time.
export class Address {
  #session;
  #lost;
  #ticket = SPENT;
  #asked = null;

  // Calls `lost` where there will be no ticket any more: the session has ended.
  constructor(session, lost) {
    this.#session = session;
    this.#lost = lost;
  }

  renew() {
    this.#asked ??= this.#session
      .ask("POST", "/ws/tickets")
      .then(({ ticket }) => {
        this.#ticket = ticket;
      })
      .catch((error) => {
        if (error.status === 401 || error.status === 403) {
          this.#lost();
        }
      })
      .finally(() => {
        this.#asked = null;
      });
    return this.#asked;
  }

  toString() {
    const url = new URL("/api/v1/ws", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("ticket", this.#ticket);
    if (this.#ticket === SPENT) {
      this.renew();
    }
    this.#ticket = SPENT;
    return url.href;
  }
}
