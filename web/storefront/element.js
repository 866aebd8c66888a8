// Makes elements. A text is set as text, never as markup.

// `attributes` are set as they are written in HTML, true without a value; null and false are left
// out, and a function is called on the event of its name. Children are elements, texts, or nothing.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(name, value);
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

// Sets a text where it is another one, so that nobody is read the same twice.
export function say(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
    return true;
  }
  return false;
}

// Draws the eye to what has just changed.
export function flash(node) {
  node.classList.remove("changed");
  // Asking for a measure ends the animation before, so that it begins anew.
  node.getBoundingClientRect();
  node.classList.add("changed");
}

let silence = null;
const SAID_FOR_MS = 6000;

// Tells whoever looks, and whoever listens, what came of what they did.
export function tell(text) {
  const said = byId("said");
  said.hidden = false;
  said.textContent = text;
  // Above a dialog that is open, of which all else is behind.
  const dialog = document.querySelector("dialog[open]");
  (dialog ?? document.body).append(said);
  clearTimeout(silence);
  silence = setTimeout(() => {
    said.hidden = true;
  }, SAID_FOR_MS);
}
