// A product in the listing, which follows its topic while it is in sight.

import { productAt } from "./address.js";
import { element, flash, say } from "./element.js";
import { cover } from "./picture.js";
import { bestStock, money, stock } from "./words.js";

// How wide a card is, for the choice of the picture.
const SIZES = "(min-width: 64rem) 17rem, (min-width: 40rem) 33vw, 50vw";
// The most cards that follow their topics at once, of the 64 that a socket may follow.
const FOLLOWED_MAX = 30;
// A card that is only scrolled past is not followed.
const STAY_MS = 250;

// `isFirst` is of what is seen without scrolling.
export function card(product, isFirst) {
  const price = element("p", { class: "card-price" });
  const badge = element("p", { class: "badge", hidden: true });
  const node = element(
    "li",
    { class: "card" },
    element(
      "a",
      { href: productAt(product.slug) },
      cover(product, { sizes: SIZES, isFirst }),
      element("h2", {}, product.name),
      stars(product.rating),
      price,
      badge,
    ),
  );
  const shown = { node, topic: `product:${product.id}`, show: (now) => show(now, price, badge) };
  shown.show(product);
  return shown;
}

// The stars of a rating, or nothing where there is none.
export function stars({ average, count }) {
  if (count === 0) {
    return null;
  }
  const text = average.toFixed(1);
  return element(
    "p",
    { class: "stars" },
    element("span", { "aria-hidden": "true" }, `★ ${text} (${count})`),
    element("span", { class: "unseen" }, `Rated ${text} of 5 by ${count}`),
  );
}

// `now` is a product, or what its topic says of it.
function show({ price_from: from, variants }, price, badge) {
  if (!variants) {
    badge.hidden = false;
    badge.dataset.status = "out_of_stock";
    say(badge, "No longer sold");
    return;
  }
  const differs = variants.some((it) => it.price.amount !== from.amount);
  const wasThere = price.textContent !== "";
  if (say(price, (differs ? "from " : "") + money(from)) && wasThere) {
    flash(price);
  }
  const best = bestStock(variants);
  badge.hidden = best.status === "in_stock";
  badge.dataset.status = best.status;
  say(badge, badge.hidden ? "" : stock(best));
}

// Keeps the cards in sight up to date. The answer takes a card under its eyes; `forget` ends it.
export function watch(live) {
  const cards = new Map();
  const followed = new Map();
  const waiting = new Map();
  const follow = (card) => {
    waiting.delete(card);
    if (followed.size < FOLLOWED_MAX && cards.has(card.node)) {
      followed.set(card, live.follow(card.topic, ({ type, data }) => type !== "refused" && card.show(data)));
    }
  };
  const leave = (card) => {
    clearTimeout(waiting.get(card));
    waiting.delete(card);
    followed.get(card)?.();
    followed.delete(card);
  };
  const sight = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      const card = cards.get(target);
      if (card && isIntersecting && !waiting.has(card) && !followed.has(card)) {
        waiting.set(card, setTimeout(() => follow(card), STAY_MS));
      } else if (card && !isIntersecting) {
        leave(card);
      }
    }
  });
  return {
    take(card) {
      cards.set(card.node, card);
      sight.observe(card.node);
    },
    forget() {
      sight.disconnect();
      [...cards.values()].forEach(leave);
      cards.clear();
    },
  };
}
