// The tree of categories. The one that is shown is marked, and its branch open.

import * as address from "./address.js";
import { categories } from "./api.js";
import { byId, element } from "./element.js";

let tree = null;

export async function load() {
  tree = (await categories()).items;
}

// What a category is called; its slug where nobody knows it.
export function nameOf(slug) {
  return path(slug, tree ?? []).at(-1)?.name ?? slug;
}

// From the root to the category.
function path(slug, branches) {
  for (const branch of branches) {
    if (branch.slug === slug) {
      return [branch];
    }
    const below = path(slug, branch.children);
    if (below.length > 0) {
      return [branch, ...below];
    }
  }
  return [];
}

// Shows the tree, whose links keep what is searched for and how it is sorted.
export function show(filter) {
  const chosen = filter.get("category");
  const open = path(chosen, tree ?? []);
  const all = { slug: null, name: "All products", children: [] };
  const nodes = [all, ...(tree ?? [])].map((it) => branch(it, filter, open, chosen));
  byId("categories").replaceChildren(...nodes);
}

function branch(it, filter, open, chosen) {
  const isChosen = it.slug === chosen;
  const link = element(
    "a",
    { href: address.listing(within(filter, it.slug)), "aria-current": isChosen ? "page" : null },
    element("span", {}, it.name),
    it.product_count === undefined
      ? null
      : element("span", { class: "number" }, String(it.product_count)),
  );
  const isOpen = it.children.length > 0 && open.includes(it);
  const below = isOpen ? it.children.map((child) => branch(child, filter, open, chosen)) : [];
  return element("li", {}, link, isOpen ? element("ul", {}, ...below) : null);
}

// Another category has other attributes; a search goes on in it.
function within(filter, slug) {
  const next = new URLSearchParams();
  for (const name of ["q", "sort", "in_stock"]) {
    if (filter.has(name)) {
      next.set(name, filter.get(name));
    }
  }
  if (slug) {
    next.set("category", slug);
  }
  return next;
}
