// The listing: what the filter of the address finds, page by page.

import * as address from "./address.js";
import { products } from "./api.js";
import { card, watch } from "./card.js";
import * as categories from "./categories.js";
import { byId, element, tell } from "./element.js";
import * as filters from "./filters.js";
import { mark } from "./mark.js";
import { count, failure } from "./words.js";

const PAGE = 24;
// Cards of the first rows, whose pictures are wanted at once.
const FIRST = 4;
// Empty cards that keep the room of those to come.
const EMPTY = 12;

let sight = null;
let asking = null;
// What is shown: of which filter, and where its next page begins.
let shown = { query: null, next: null, count: 0, total: 0 };
// Where somebody was who went to a product.
let scrolled = 0;
let focused = null;

export function start(live) {
  sight = watch(live);
  byId("listing-live").append(mark(live));
  byId("more").addEventListener("click", more);
  filters.start();
  // The tree may come later than the products, or not at all.
  categories.load().then(
    () => {
      const { filter } = address.place();
      if (filter) {
        categories.show(filter);
        title(filter);
        filters.show(filter, shown.found);
      }
    },
    (error) => tell(failure(error)),
  );
}

// Shows what `filter` finds. Whoever comes back finds the listing as it was left.
export async function show(filter, isBack) {
  byId("listing").hidden = false;
  title(filter);
  categories.show(filter);
  const query = filter.toString();
  if (query === shown.query) {
    // Whoever comes back before another listing was there does not want that one any more.
    asking?.abort();
    byId("grid").removeAttribute("aria-busy");
    filters.show(filter, shown.found);
    scrollTo(0, isBack ? scrolled : 0);
    if (isBack && document.activeElement?.closest("header") === null) {
      focused?.focus({ preventScroll: true });
    }
    return;
  }
  filters.show(filter, shown.found);
  await load(filter, query);
}

export function hide() {
  const listing = byId("listing");
  if (!listing.hidden) {
    scrolled = scrollY;
    focused = listing.contains(document.activeElement) ? document.activeElement : null;
    listing.hidden = true;
  }
  asking?.abort();
}

function title(filter) {
  const q = filter.get("q");
  const category = filter.get("category");
  const text = q
    ? `Results for “${q}”`
    : category
      ? categories.nameOf(category)
      : "All products";
  byId("listing-title").textContent = text;
  document.title = q || category ? `${text} · Rialto` : "Rialto";
}

async function load(filter, query) {
  const grid = byId("grid");
  grid.setAttribute("aria-busy", "true");
  if (shown.query === null) {
    grid.replaceChildren(...Array.from({ length: EMPTY }, emptyCard));
  }
  const found = await page(filter, null).catch(refused);
  if (!found) {
    return;
  }
  sight.forget();
  grid.replaceChildren();
  shown = { query, found, next: null, count: 0, total: found.total };
  append(found);
  filters.show(filter, found);
  nothing(found.total === 0 ? "Nothing in the shop is like this." : null);
  grid.removeAttribute("aria-busy");
  scrollTo(0, 0);
}

async function more() {
  const { filter } = address.place();
  const found = filter && (await page(filter, shown.next).catch(refused));
  if (found) {
    append(found);
  }
}

// A page of the listing. Another one that is asked for ends this one.
async function page(filter, cursor) {
  asking?.abort();
  const { signal } = (asking = new AbortController());
  const query = new URLSearchParams(filter);
  query.set("limit", PAGE);
  if (cursor) {
    query.set("cursor", cursor);
  }
  const found = await products(query, signal);
  signal.throwIfAborted();
  return found;
}

function append(found) {
  const cards = found.items.map((product, at) => card(product, shown.count === 0 && at < FIRST));
  byId("grid").append(...cards.map((it) => it.node));
  cards.forEach((it) => sight.take(it));
  shown.count += cards.length;
  shown.next = found.next_cursor;
  const all = count(shown.total, "product");
  byId("found").textContent = shown.next ? `${shown.count} of ${all}` : all;
  byId("more").hidden = shown.next === null;
}

function refused(error) {
  if (error.name === "AbortError") {
    return null;
  }
  const grid = byId("grid");
  grid.removeAttribute("aria-busy");
  if (error.status !== 400) {
    tell(failure(error));
  }
  // Nothing that was shown answers this.
  sight.forget();
  grid.replaceChildren();
  shown = { query: null, next: null, count: 0, total: 0 };
  byId("found").textContent = "";
  byId("more").hidden = true;
  nothing(error.status === 400 ? "The shop cannot be filtered like this." : failure(error));
  return null;
}

function nothing(text) {
  const place = byId("nothing");
  place.hidden = text === null;
  const all = element("a", { href: "/" }, "Show all products");
  place.replaceChildren(...(text ? [element("p", {}, text), element("p", {}, all)] : []));
}

function emptyCard() {
  const cover = element("div", { class: "cover" });
  return element("li", { class: "card empty", "aria-hidden": "true" }, cover, element("h2", {}));
}
