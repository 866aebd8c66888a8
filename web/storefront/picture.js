// Pictures, in the width that is shown, with their room kept free until they are there.

import { element } from "./element.js";

// Those of the ladder of `?w=` that a page has use for.
const WIDTHS = [128, 256, 384, 512, 768, 1024, 1536];

// `sizes` says how wide it is shown, as in HTML.
export function picture(image, { sizes, isFirst = false } = {}) {
  const smaller = WIDTHS.filter((width) => width < image.width);
  const all = smaller.map((width) => `${image.url}?w=${width} ${width}w`);
  return element("img", {
    src: smaller.includes(512) ? `${image.url}?w=512` : image.url,
    srcset: [...all, `${image.url} ${image.width}w`].join(", "),
    sizes,
    alt: image.alt ?? "",
    width: image.width,
    height: image.height,
    loading: isFirst ? "eager" : "lazy",
    fetchpriority: isFirst ? "high" : null,
    decoding: "async",
  });
}

// The first picture of a product, or the first letter of its name where it has none.
export function cover(product, options) {
  const [image] = product.images;
  const inside = image
    ? picture(image, options)
    : element("span", { class: "letter", "aria-hidden": "true" }, [...product.name][0] ?? "");
  return element("div", { class: "cover" }, inside);
}
