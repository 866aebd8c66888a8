// The variants of a product: which one is chosen, what it costs, how many there are, and how many
// are wanted. Price and stock change on the page as they change in the shop.

import { element, flash, say, tell } from "./element.js";
import { failure, money, stock } from "./words.js";

const QUANTITY_MAX = 999;

export class Variants {
  #all;
  #rows = new Map();
  #chosen;
  #price = element("p", { class: "price-now" });
  #before = element("s", { class: "price-before" });
  #stock = element("p", { class: "stock", role: "status" });
  #quantity;
  #button = element("button", { class: "buy", id: "buy" }, "Add to cart");
  #buy;
  nodes;

  // `buy(variant, quantity)` puts units into the cart, `mark` says whether this is live, and `before` is
  // what was chosen already.
  constructor(product, mark, buy, before = {}) {
    this.#all = new Map(product.variants.map((variant) => [variant.id, variant]));
    this.#buy = buy;
    const first = product.variants.find((it) => it.stock.available > 0) ?? product.variants[0];
    this.#chosen = this.#all.has(before.chosen) ? before.chosen : first?.id;
    this.#quantity = element("input", {
      id: "quantity",
      type: "number",
      inputmode: "numeric",
      min: "1",
      max: String(QUANTITY_MAX),
      value: String(before.quantity ?? 1),
      required: true,
    });
    this.nodes = [
      element("div", { class: "prices" }, this.#price, this.#before, mark),
      this.#choice(product.variants),
      this.#stock,
      this.#form(),
    ];
    this.#draw({ isFirst: true });
  }

  get chosen() {
    return this.#chosen;
  }

  get quantity() {
    return this.#quantity.value;
  }

  // Whether these are the ones that are on the page.
  fits(variants) {
    return variants.length === this.#all.size && variants.every((it) => this.#all.has(it.id));
  }

  // Shows how the product stands. Answers whether its variants are the ones that are on the page.
  show({ variants = [], available }) {
    const fits = this.fits(variants);
    if (fits || !available) {
      const now = new Map(variants.map((variant) => [variant.id, variant]));
      for (const [id, shown] of this.#all) {
        // What the topic does not name any more cannot be bought.
        const stock = { available: 0, status: "out_of_stock" };
        this.#all.set(id, { ...shown, ...(now.get(id) ?? { stock }) });
      }
      this.#draw({ isFirst: false });
    }
    return fits;
  }

  // One row each, of which all show their price and stock; of a single variant none.
  #choice(variants) {
    if (variants.length < 2) {
      return null;
    }
    const rows = variants.map((variant) => {
      const price = element("span", { class: "variant-price" });
      const left = element("span", { class: "variant-stock" });
      this.#rows.set(variant.id, { price, left });
      const radio = element("input", {
        type: "radio",
        name: "variant",
        id: `variant-${variant.id}`,
        value: variant.id,
        checked: variant.id === this.#chosen,
        change: () => this.#choose(variant.id),
      });
      const name = element("span", { class: "variant-name" }, variant.name || variant.sku);
      return element("label", { class: "variant" }, radio, name, left, price);
    });
    const names = Object.keys(variants[0].options).join(", ");
    return element(
      "fieldset",
      { class: "variants" },
      element("legend", {}, names || "Choose one"),
      element("div", { class: "variant-rows" }, ...rows),
    );
  }

  #form() {
    const form = element(
      "form",
      { class: "buying" },
      element("label", { for: "quantity" }, "Quantity"),
      this.#quantity,
      this.#button,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      // Not `disabled`, which would take the focus away.
      if (this.#button.getAttribute("aria-disabled") === "true") {
        return;
      }
      this.#button.setAttribute("aria-disabled", "true");
      await this.#buy(this.#chosen, Number(this.#quantity.value)).catch((error) =>
        tell(failure(error)),
      );
      this.#draw({ isFirst: true });
    });
    return form;
  }

  #choose(id) {
    this.#chosen = id;
    this.#draw({ isFirst: true });
  }

  // What changed by itself is pointed at; what somebody just chose is not.
  #draw({ isFirst }) {
    const change = (node, text) => {
      if (say(node, text) && !isFirst) {
        flash(node);
      }
    };
    for (const [id, { price, left }] of this.#rows) {
      const variant = this.#all.get(id);
      change(price, money(variant.price));
      change(left, stock(variant.stock));
      left.dataset.status = variant.stock.status;
    }
    const chosen = this.#all.get(this.#chosen);
    if (!chosen) {
      change(this.#stock, "Out of stock");
      this.#button.setAttribute("aria-disabled", "true");
      return;
    }
    const { price, compare_at_price: before, stock: now } = chosen;
    change(this.#price, money(price));
    const isReduced = before && before.amount > price.amount;
    say(this.#before, isReduced ? money(before) : "");
    this.#before.hidden = !isReduced;
    change(this.#stock, stock(now));
    this.#stock.dataset.status = now.status;
    const isThere = now.status !== "out_of_stock";
    this.#button.setAttribute("aria-disabled", String(!isThere));
    say(this.#button, isThere ? "Add to cart" : "Out of stock");
  }
}
