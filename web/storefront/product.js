// One product: its pictures, what it says of itself, and its variants as they stand this moment.

import * as address from "./address.js";
import { product } from "./api.js";
import { stars } from "./card.js";
import { byId, element, tell } from "./element.js";
import { mark } from "./mark.js";
import { cover, picture } from "./picture.js";
import { Variants } from "./variants.js";
import { attribute, failure } from "./words.js";

const SIZES = "(min-width: 64rem) 34rem, 100vw";
const THUMB = "5rem";
// How often one change is read, where others come meanwhile.
const READS_MAX = 3;

let live = null;
let buy = null;
let liveMark = null;
let asking = null;
let leave = null;

// `buys(variant, quantity)` puts units into the cart.
export function start(socket, buys) {
  live = socket;
  buy = buys;
  liveMark = mark(socket);
}

// Shows the product of this name, or id.
export async function show(name) {
  hide();
  const place = byId("product");
  place.hidden = false;
  place.replaceChildren(element("p", { class: "loading", role: "status" }, "Loading…"));
  scrollTo(0, 0);
  const { signal } = (asking = new AbortController());
  const found = await product(name, signal).catch((error) => {
    if (error.name !== "AbortError") {
      missing(place, error);
    }
  });
  if (found && !signal.aborted) {
    // Links of carts know the id alone.
    address.rename(address.productAt(found.slug));
    const variants = new Variants(found, liveMark, buy);
    draw(place, found, variants);
    leave = follow(place, found, variants);
  }
}

export function hide() {
  asking?.abort();
  leave?.();
  leave = null;
  byId("product").hidden = true;
  byId("product").replaceChildren();
}

function missing(place, error) {
  document.title = "Not found · Rialto";
  const isGone = error.status === 404;
  place.replaceChildren(
    element("h1", {}, isGone ? "This is not sold here" : "This cannot be shown now"),
    element("p", {}, isGone ? "It may have been, or the link is not whole." : failure(error)),
    element("p", {}, element("a", { href: "/" }, "Show all products")),
  );
}

function draw(place, found, variants) {
  document.title = `${found.name} · Rialto`;
  place.replaceChildren(
    element(
      "nav",
      { class: "crumbs", "aria-label": "Where this is" },
      element("a", { href: "/" }, "All products"),
      found.category && element("span", { "aria-hidden": "true" }, "›"),
      found.category &&
        element(
          "a",
          { href: address.listing(new URLSearchParams({ category: found.category.slug })) },
          found.category.name,
        ),
    ),
    element(
      "div",
      { class: "product-inside" },
      gallery(found),
      element(
        "div",
        { class: "product-about" },
        found.brand && element("p", { class: "brand-name" }, found.brand),
        element("h1", { tabindex: "-1" }, found.name),
        stars(found.rating),
        ...variants.nodes,
        found.description && element("p", { class: "description" }, found.description),
        details(found.attributes),
      ),
    ),
  );
}

// What the topic says is shown at once. Where it tells of another version of the product, or of other
// variants, what it does not tell of is read again.
function follow(place, found, variants) {
  let shown = found;
  let wanted = found.version;
  let isReading = false;
  return live.follow(`product:${found.id}`, async ({ type, data }) => {
    if (type === "refused") {
      return;
    }
    const fits = variants.show(data);
    wanted = Math.max(wanted, data.version ?? 0);
    const isSame = fits && wanted <= shown.version && isRated(data, shown);
    if (isSame || isReading || type === "product.removed") {
      return;
    }
    isReading = true;
    const next = await readAgain(found.id, () => wanted);
    isReading = false;
    if (next) {
      shown = next;
      variants = variants.fits(next.variants) ? variants : another(next, variants);
      redraw(place, next, variants);
      variants.show(next);
    }
  });
}

// Whether both are rated alike.
function isRated({ rating: one }, { rating: other }) {
  return one?.count === other.count && one.average === other.average;
}

// The product in the version that is wanted, which may have become a later one meanwhile; or nothing
// where somebody has gone elsewhere.
async function readAgain(id, wanted) {
  const { signal } = (asking = new AbortController());
  let next = null;
  for (let tries = 0; tries < READS_MAX && !(next?.version >= wanted()); tries += 1) {
    next = await product(id, signal).catch((error) => {
      if (error.name !== "AbortError") {
        tell(failure(error));
      }
    });
    if (!next) {
      return null;
    }
  }
  return signal.aborted ? null : next;
}

// Whoever was choosing goes on where they were.
function another(next, { chosen, quantity }) {
  return new Variants(next, liveMark, buy, { chosen, quantity });
}

function redraw(place, next, variants) {
  const focused = place.contains(document.activeElement) && document.activeElement.id;
  draw(place, next, variants);
  if (focused) {
    byId(focused)?.focus({ preventScroll: true });
  }
}

function gallery(found) {
  const main = cover(found, { sizes: SIZES, isFirst: true });
  const node = element("div", { class: "gallery" }, main);
  if (found.images.length > 1) {
    const thumbs = found.images.map((image, at) => thumb(found, image, at, main));
    node.append(element("ul", { class: "thumbs", "aria-label": "Pictures" }, ...thumbs));
  }
  return node;
}

function thumb(found, image, at, main) {
  const label = `Picture ${at + 1} of ${found.images.length}`;
  const show = (event) => {
    main.replaceChildren(picture(image, { sizes: SIZES, isFirst: true }));
    for (const button of event.currentTarget.closest("ul").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button === event.currentTarget));
    }
  };
  const small = picture({ ...image, alt: "" }, { sizes: THUMB });
  return element(
    "li",
    {},
    element(
      "button",
      { type: "button", "aria-label": label, "aria-pressed": String(at === 0), click: show },
      small,
    ),
  );
}

function details(attributes) {
  const all = Object.entries(attributes);
  if (all.length === 0) {
    return null;
  }
  const rows = all.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, attribute(value))),
  );
  return element(
    "section",
    { class: "details", "aria-labelledby": "details-title" },
    element("h2", { id: "details-title" }, "Details"),
    element("dl", {}, ...rows),
  );
}
