// What money, stock, ratings and problems are called.

const LANGUAGE = "en";
const formats = new Map();

function format(currency) {
  if (!formats.has(currency)) {
    formats.set(currency, new Intl.NumberFormat(LANGUAGE, { style: "currency", currency }));
  }
  return formats.get(currency);
}

// How many decimals the currency has.
function decimals(currency) {
  return format(currency).resolvedOptions().maximumFractionDigits;
}

// Minor units as the decimal number that they are, digit by digit: no float comes near money.
export function decimal(amount, currency) {
  const count = decimals(currency);
  const digits = String(Math.abs(amount)).padStart(count + 1, "0");
  const sign = amount < 0 ? "-" : "";
  return count ? `${sign}${digits.slice(0, -count)}.${digits.slice(-count)}` : sign + digits;
}

export function money({ amount, currency }) {
  return format(currency).format(decimal(amount, currency));
}

// The minor units that somebody has typed, or null where it is no price.
export function minorUnits(text, currency) {
  const count = decimals(currency);
  const parts = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim());
  if (!parts || (parts[2] ?? "").length > count) {
    return null;
  }
  return Number(parts[1] + (parts[2] ?? "").padEnd(count, "0"));
}

export function symbol(currency) {
  const parts = format(currency).formatToParts(0);
  return parts.find((part) => part.type === "currency").value;
}

const numbers = new Intl.NumberFormat(LANGUAGE);

export function count(number, one, many = `${one}s`) {
  return `${numbers.format(number)} ${number === 1 ? one : many}`;
}

// The value of an attribute: a text, a number, yes or no, or a number with its unit.
export function attribute(value) {
  switch (typeof value) {
    case "boolean":
      return value ? "Yes" : "No";
    case "number":
      return numbers.format(value);
    case "object":
      return `${numbers.format(value.value)} ${value.unit}`;
    default:
      return value;
  }
}

// The value of a facet, which is always a text.
export function facetValue(value, unit) {
  const shown = value === "true" ? "Yes" : value === "false" ? "No" : value;
  return unit ? `${shown} ${unit}` : shown;
}

export function stock({ available, status }) {
  switch (status) {
    case "out_of_stock":
      return "Out of stock";
    case "low":
      return `Only ${numbers.format(available)} left`;
    default:
      return "In stock";
  }
}

// How all variants of a product together stand: as the best of them does.
export function bestStock(variants) {
  const best = ["in_stock", "low"].find((status) =>
    variants.some((variant) => variant.stock.status === status),
  );
  const those = variants.filter((variant) => variant.stock.status === best);
  const available = those.reduce((sum, variant) => sum + variant.stock.available, 0);
  return { status: best ?? "out_of_stock", available };
}

export function problem(code, available) {
  switch (code) {
    case "out_of_stock":
      return "Sold out at the moment";
    case "insufficient_stock":
      return `Only ${numbers.format(available)} left`;
    case "price_changed":
      return "The price has changed since it was put in";
    default:
      return "No longer sold";
  }
}

// What a coupon gives that takes nothing off the goods, or why it gives nothing.
export function coupon(problem, kind) {
  switch (problem) {
    case null:
      return kind === "free_delivery" ? "free delivery" : "nothing";
    case "min_total":
      return "for larger orders";
    case "not_applicable":
      return "not for what is in the cart";
    case "exhausted":
      return "used up";
    case "not_started":
      return "does not count yet";
    default:
      return "does not count any more";
  }
}

const STEPS = {
  "order.placed": "We have your order",
  "payment.authorized": "The bank has agreed to your payment",
  "payment.captured": "Your payment has arrived",
  "payment.failed": "The payment has failed: you can try again",
  "payment.cancelled": "The payment was called off",
  "payment.refunded": "Money is on its way back to you",
  "payment.refund_failed": "We could not give your money back yet, and are looking into it",
  "order.paid": "Paid",
  "order.processing": "We are packing it",
  "order.shipped": "It has left us",
  "order.delivered": "All of it is with you",
  "order.cancelled": "Cancelled",
  "order.expired": "Not paid in time, so it is called off",
  "order.partially_refunded": "A part of your money was given back",
  "order.refunded": "Your money was given back",
  "order.return_requested": "You have asked to send something back",
  "order.returned": "What you sent back is here",
  "delivery.created": "A parcel is being made ready",
  "delivery.packed": "A parcel is packed",
  "delivery.in_transit": "A parcel is on its way",
  "delivery.out_for_delivery": "A parcel is out for delivery",
  "delivery.delivered": "A parcel was delivered",
  "delivery.failed": "A parcel could not be handed over",
  "delivery.returned": "A parcel is going back to us",
};

// What has happened to an order, and where, if that is told.
export function step(type, data) {
  if (type === "delivery.assigned") {
    return data.has_courier ? "A courier will bring your parcel" : "Your parcel waits for a courier";
  }
  const place = typeof data.location === "string" ? data.location : data.location?.city;
  const words = STEPS[type] ?? type;
  return place ? `${words}: ${place}` : words;
}

// What to tell somebody whose request failed.
export function failure(error) {
  switch (error.code) {
    case "cart_full":
      return "The cart is full: it holds 100 different things.";
    case "quantity_limit":
      return "A cart holds at most 999 of one thing.";
    case "out_of_stock":
    case "unavailable":
      return "Not all of this can be held: see the lines.";
    case "promotion_not_active":
      return "This coupon does not count now.";
    case "promotion_exhausted":
      return "This coupon is used up.";
    case "promotion_limit":
      return "A cart takes five coupons.";
    case "not_found":
      return "This is not sold any more.";
    case "too_many_requests":
    case "busy":
      return "The shop is very busy. Please try again in a moment.";
    case "unreachable":
      return "The shop cannot be reached. Please look at your connection and try again.";
    default:
      return "Something went wrong on our side. Please try again in a moment.";
  }
}
