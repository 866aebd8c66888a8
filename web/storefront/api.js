// The public API, as the page asks it.

const BASE = "/api/v1";

// An answer that is a problem document (RFC 9457), or none at all.
export class Problem extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

// The body of the answer. A `signal` that has been aborted ends in an `AbortError`.
export async function ask(method, path, { body, headers = {}, signal } = {}) {
  const init = { method, headers: { ...headers }, signal };
  if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const answer = await fetch(BASE + path, init).catch((error) => {
    throw error.name === "AbortError" ? error : new Problem(0, "unreachable");
  });
  if (answer.ok) {
    return answer.json();
  }
  const document = await answer.json().catch(() => ({}));
  throw new Problem(answer.status, document.code ?? "internal");
}

export function categories() {
  return ask("GET", "/categories");
}

export function products(query, signal) {
  return ask("GET", `/products?${query}`, { signal });
}

// By its id or its slug.
export function product(name, signal) {
  return ask("GET", `/products/${encodeURIComponent(name)}`, { signal });
}

// Where the socket is.
export function socket() {
  const url = new URL(`${BASE}/ws`, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
