// Says whether what is shown changes by itself at this moment.

import { element, say } from "./element.js";

const WORDS = {
  idle: "",
  connecting: "Connecting…",
  live: "Live",
  reconnecting: "Reconnecting…",
  ended: "Not live: please load the page again",
};

// A mark of the state of `live`, for as long as the page is there.
export function mark(live) {
  const text = element("span", {});
  const node = element("span", { class: "mark", role: "status" }, text);
  live.watch((state) => {
    node.dataset.state = state;
    say(text, WORDS[state]);
  });
  return node;
}
