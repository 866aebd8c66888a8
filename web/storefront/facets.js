// The attributes by which a listing can be narrowed, with how many products each value would leave.

import { ATTRIBUTE } from "./address.js";
import { byId, element } from "./element.js";
import { facetValue } from "./words.js";

// So many are shown at first, and so many values of each.
const FACETS_SHOWN = 6;
const VALUES_SHOWN = 8;

// What somebody has unfolded stays so.
const unfolded = new Set();
let allShown = false;

// Shows the facets; `toggled(name, value, isOn)` is called when somebody chooses.
export function show(facets, filter, toggled) {
  const chosen = (facet) => filter.getAll(ATTRIBUTE + facet.name);
  const useful = ordered(withChosen(facets, filter), chosen);
  const shown = allShown ? useful : useful.slice(0, FACETS_SHOWN);
  const again = () => show(facets, filter, toggled);
  const nodes = shown.map((facet, at) => group(facet, chosen(facet), at, toggled, again));
  if (useful.length > FACETS_SHOWN) {
    nodes.push(moreFacets(useful.length - FACETS_SHOWN, again));
  }
  keepingFocus(byId("facets"), nodes);
}

// A value that is chosen and that nothing has any more must be there to be taken back.
function withChosen(facets, filter) {
  const all = new Map(facets.map((facet) => [facet.name, { ...facet, values: [...facet.values] }]));
  for (const [key, value] of filter) {
    if (key.startsWith(ATTRIBUTE)) {
      const name = key.slice(ATTRIBUTE.length);
      const facet = all.get(name) ?? { name, values: [] };
      all.set(name, facet);
      if (!facet.values.some((it) => it.value === value)) {
        facet.values.push({ value, count: 0 });
      }
    }
  }
  return [...all.values()];
}

// Those in use, then those that say something of the most products; what has one value alone divides
// nothing.
function ordered(facets, chosen) {
  const weight = (facet) => facet.values.reduce((sum, it) => sum + it.count, 0);
  const isUsed = (facet) => chosen(facet).length > 0;
  return facets
    .filter((facet) => facet.values.length > 1 || isUsed(facet))
    .sort((a, b) => isUsed(b) - isUsed(a) || weight(b) - weight(a));
}

function group(facet, chosen, at, toggled, again) {
  const isLong = facet.values.length > VALUES_SHOWN + 1 && !unfolded.has(`values ${facet.name}`);
  // What is chosen is seen, however far down it stands.
  const values = isLong
    ? facet.values.filter((it, at) => at < VALUES_SHOWN || chosen.includes(it.value))
    : facet.values;
  const list = element("ul", {}, ...values.map((it) => option(facet, it, chosen, toggled)));
  const isOpen = chosen.length > 0 || (unfolded.has(facet.name) !== at < 3);
  const details = element(
    "details",
    { class: "facet", open: isOpen },
    element("summary", { "data-key": facet.name }, facet.name),
    element("fieldset", {}, element("legend", { class: "unseen" }, facet.name), list),
    isLong
      ? moreButton(`All ${facet.values.length}`, `values ${facet.name}`, again)
      : null,
  );
  details.addEventListener("toggle", () => {
    // Those at the top begin open, the others closed: what is kept is that it is the other way.
    const isUsual = details.open === at < 3;
    unfolded[isUsual ? "delete" : "add"](facet.name);
  });
  return details;
}

function option(facet, { value, count }, chosen, toggled) {
  const box = element("input", {
    type: "checkbox",
    checked: chosen.includes(value),
    "data-key": `${facet.name} ${value}`,
    change: (event) => toggled(ATTRIBUTE + facet.name, value, event.target.checked),
  });
  return element(
    "li",
    {},
    element(
      "label",
      {},
      box,
      element("span", {}, facetValue(value, facet.unit)),
      element("span", { class: "number" }, String(count)),
    ),
  );
}

function moreButton(text, key, again) {
  const unfold = () => {
    unfolded.add(key);
    again();
  };
  return element("button", { type: "button", class: "link", click: unfold }, text);
}

function moreFacets(count, again) {
  const turn = () => {
    allShown = !allShown;
    again();
  };
  const text = allShown ? "Fewer filters" : `${count} more filters`;
  return element(
    "button",
    { type: "button", class: "link", "data-key": "more facets", click: turn },
    text,
  );
}

// Whoever goes by keyboard stays where they are.
function keepingFocus(place, nodes) {
  const key = place.contains(document.activeElement) && document.activeElement.dataset.key;
  place.replaceChildren(...nodes);
  if (key) {
    place.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }
}
