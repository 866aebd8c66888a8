// What the address of the page says is shown, and how it is changed.
//
// A listing stands at `/` with the query of `GET /products`, a product at `/p/` and its slug.

// In the order in which they are written.
const NAMES = ["q", "category", "sort", "in_stock", "price_min", "price_max"];
export const ATTRIBUTE = "attr.";

// Calls `moved` each time that the address has become another one.
const moved = [];

export function whenMoved(heard) {
  moved.push(heard);
}

export function place() {
  const product = /^\/p\/([^/]+)\/?$/.exec(location.pathname);
  if (product) {
    return { product: decoded(product[1]) };
  }
  return { filter: tidied(new URLSearchParams(location.search)) };
}

// What cannot be decoded is a name all the same: of nothing.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// A filter without what the API does not know, like the marks that others put on links, and in one
// order, so that equal filters are equal texts.
function tidied(query) {
  const tidy = new URLSearchParams();
  for (const name of NAMES) {
    const value = query.get(name);
    if (value) {
      tidy.set(name, value);
    }
  }
  const attributes = [...query].filter(([name]) => name.startsWith(ATTRIBUTE));
  for (const [name, value] of attributes.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    tidy.append(name, value);
  }
  return tidy;
}

export function listing(filter) {
  const query = tidied(filter).toString();
  return query ? `/?${query}` : "/";
}

export function productAt(name) {
  return `/p/${encodeURIComponent(name)}`;
}

// Goes somewhere in this page. `replaces` leaves no step to come back to.
export function go(url, { replaces = false } = {}) {
  if (url !== location.pathname + location.search) {
    history[replaces ? "replaceState" : "pushState"](null, "", url);
  }
  moved.forEach((heard) => heard({ isBack: false }));
}

// The name in the address is another one of the same thing.
export function rename(url) {
  history.replaceState(null, "", url);
}

// Links of the page are followed without loading it anew, unless somebody wants another window.
function follow(event) {
  const link = event.target.closest("a[href]");
  const isPlain =
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || event.defaultPrevented || link.origin !== location.origin) {
    return;
  }
  const isHere = link.pathname === "/" || link.pathname.startsWith("/p/");
  if (isHere && !link.hash) {
    event.preventDefault();
    go(link.pathname + link.search);
  }
}

export function start() {
  history.scrollRestoration = "manual";
  document.addEventListener("click", follow);
  addEventListener("popstate", () => moved.forEach((heard) => heard({ isBack: true })));
}
