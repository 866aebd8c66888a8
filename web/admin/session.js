// Who is logged in on this page.
//
// The tokens live as long as the page does, and are written nowhere.

import { ask, Problem } from "/storefront/api.js";

// The part of its time for which a token is taken without another look.
const GOOD_FOR = 0.7;

export class Session {
  #tokens = null;
  #goodUntil = 0;
  #renewed = null;

  async logIn(email, password) {
    const tokens = await ask("POST", "/auth/login", { body: { email, password } });
    if (tokens.user.role !== "admin") {
      throw new Problem(403, "forbidden");
    }
    this.#take(tokens);
  }

  get user() {
    return this.#tokens.user;
  }

  // Who asks on a socket, by a token that holds for a while yet.
  async credentials() {
    if (Date.now() > this.#goodUntil) {
      await this.#renew();
    }
    return { token: this.#tokens.access_token };
  }

  #take(tokens) {
    this.#tokens = tokens;
    this.#goodUntil = Date.now() + tokens.expires_in * 1000 * GOOD_FOR;
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
      .then((tokens) => this.#take(tokens))
      .finally(() => {
        this.#renewed = null;
      });
    return this.#renewed;
  }
}
