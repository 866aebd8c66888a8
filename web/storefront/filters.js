// How a listing is narrowed and sorted: what somebody sets becomes the address of the page.

import * as address from "./address.js";
import { nameOf } from "./categories.js";
import { byId, element } from "./element.js";
import * as facets from "./facets.js";
import { decimal, facetValue, minorUnits, money, symbol } from "./words.js";

// The typing of a search is followed after a moment.
const TYPED_MS = 180;

const PRICES = { price_min: "price-min", price_max: "price-max" };
let filter = new URLSearchParams();
let currency = "EUR";

export function start() {
  const panel = byId("panel");
  const wide = matchMedia("(min-width: 64rem)");
  const fold = () => {
    panel.open = wide.matches;
  };
  wide.addEventListener("change", fold);
  fold();
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("in-stock").addEventListener("change", (event) =>
    set("in_stock", event.target.checked ? "true" : null),
  );
  byId("sort").addEventListener("change", (event) => set("sort", event.target.value));
  for (const [name, id] of Object.entries(PRICES)) {
    byId(id).addEventListener("change", (event) => setPrice(name, event.target));
  }
  startSearch();
}

// Shows what is set by now. `currency` is that of the prices, once one has been seen.
export function show(next, found) {
  filter = next;
  currency = found?.items[0]?.price_from.currency ?? currency;
  byId("currency").textContent = `(${symbol(currency)})`;
  const q = filter.get("q") ?? "";
  const field = byId("q");
  // Not under the hands of somebody who types.
  if (document.activeElement !== field) {
    field.value = q;
  }
  byId("in-stock").checked = filter.get("in_stock") === "true";
  for (const [name, id] of Object.entries(PRICES)) {
    const amount = filter.get(name);
    byId(id).value = amount ? shortened(amount) : "";
    byId(id).removeAttribute("aria-invalid");
  }
  byId("sort").options[0].hidden = !q;
  byId("sort").value = filter.get("sort") ?? (q ? "relevance" : "newest");
  if (found) {
    facets.show(found.facets, filter, toggle);
  }
  showApplied(found?.facets ?? []);
}

// Without the decimals of a whole price.
function shortened(amount) {
  return decimal(Number(amount), currency).replace(/\.0+$/, "");
}

function set(name, value) {
  const next = new URLSearchParams(filter);
  next.delete(name);
  if (value !== null && value !== "") {
    next.set(name, value);
  }
  address.go(address.listing(next));
}

function toggle(name, value, isOn) {
  const next = new URLSearchParams(filter);
  const others = next.getAll(name).filter((it) => it !== value);
  next.delete(name);
  [...others, ...(isOn ? [value] : [])].forEach((it) => next.append(name, it));
  address.go(address.listing(next));
}

function setPrice(name, field) {
  const typed = field.value.trim();
  const amount = typed === "" ? "" : minorUnits(typed, currency);
  if (amount === null) {
    field.setAttribute("aria-invalid", "true");
  } else {
    field.removeAttribute("aria-invalid");
    set(name, String(amount));
  }
}

// The filters in use, each a button that takes it back.
function showApplied(found) {
  const units = new Map(found.map((facet) => [facet.name, facet.unit]));
  const chips = [...filter].map(([name, value]) => {
    const text = applied(name, value, units);
    return text && element("li", {}, chip(text, () => toggle(name, value, false)));
  });
  const list = byId("applied");
  const shown = chips.filter((it) => it);
  if (shown.length > 1) {
    const all = () => address.go(address.listing(kept()));
    shown.push(
      element("li", {}, element("button", { type: "button", class: "link", click: all }, "Clear all")),
    );
  }
  list.replaceChildren(...shown);
  list.hidden = shown.length === 0;
}

function chip(text, take) {
  return element(
    "button",
    { type: "button", class: "chip", "aria-label": `Remove ${text}`, click: take },
    text,
    element("span", { "aria-hidden": "true" }, " ×"),
  );
}

function applied(name, value, units) {
  switch (name) {
    case "q":
      return `“${value}”`;
    case "category":
      return nameOf(value);
    case "in_stock":
      return "In stock";
    case "price_min":
      return `from ${money({ amount: Number(value), currency })}`;
    case "price_max":
      return `up to ${money({ amount: Number(value), currency })}`;
    case "sort":
      return null;
    default: {
      const attribute = name.slice(address.ATTRIBUTE.length);
      return `${attribute}: ${facetValue(value, units.get(attribute))}`;
    }
  }
}

// Whoever clears the filters keeps the order.
function kept() {
  const next = new URLSearchParams();
  if (filter.has("sort")) {
    next.set("sort", filter.get("sort"));
  }
  return next;
}

function startSearch() {
  const field = byId("q");
  let later = null;
  const search = () => {
    clearTimeout(later);
    const q = field.value.trim();
    const isListing = address.place().filter !== undefined;
    if (q === (filter.get("q") ?? "") && isListing) {
      return;
    }
    // From a product the search begins in the whole shop.
    const next = new URLSearchParams(isListing ? filter : "");
    next.delete("sort"); // The best match first.
    next.delete("q");
    if (q) {
      next.set("q", q);
    }
    // One search is one step back, however many letters it has.
    const replaces = isListing && filter.has("q") && q !== "";
    address.go(address.listing(next), { replaces });
  };
  field.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(search, TYPED_MS);
  });
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
}
