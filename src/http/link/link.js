// The pages of the links in letters. To open one does nothing: programs that look through mails open
// links too. The token is taken out of the address bar, so that no history and no screenshot keeps it.
"use strict";

const form = document.querySelector("form");
const button = form.querySelector("button");
const password = document.getElementById("password");
const shown = document.getElementById("shown");
const said = document.getElementById("said");

const token = new URLSearchParams(location.search).get("token");
history.replaceState(null, "", location.pathname);

const SPENT =
  "This link does not work any more: it was used, is too old, or a newer one was sent. " +
  "Please ask for another one.";
const INCOMPLETE = "This link is not complete. Please open it from the mail once more.";
const UNREACHABLE = "The shop cannot be reached. Please look at your connection and try again.";
const OUR_FAULT = "Something went wrong on our side. Please try again in a moment.";

// What an answer means to whoever reads it, and whether another try can end better.
function told(answer, problem) {
  switch (problem.code) {
    case "invalid_link":
      return [SPENT, false];
    case "email_taken":
      return ["Another account has this address by now, so it cannot be yours too.", false];
    case "invalid":
      return [`This cannot be the password: ${problem.errors[0].message}.`, true];
    case "too_many_requests":
      return [`Too many attempts. Please try again in ${wait(answer)}.`, true];
    default:
      return [OUR_FAULT, true];
  }
}

function wait(answer) {
  const seconds = Number(answer.headers.get("retry-after")) || 1;
  const [count, unit] = seconds < 90 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function say(text, failed) {
  said.textContent = text;
  said.classList.toggle("failed", failed);
}

// Nothing is left to be done here.
function end(text, failed) {
  form.hidden = true;
  say(text, failed);
  said.focus();
}

async function send() {
  const body = password ? { token, password: password.value } : { token };
  const answer = await fetch(form.dataset.to, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.ok) {
    return end(said.dataset.done, false);
  }
  const problem = await answer.json().catch(() => ({}));
  const [text, mendable] = told(answer, problem);
  if (!mendable) {
    return end(text, true);
  }
  say(text, true);
  if (password && problem.code === "invalid") {
    password.setAttribute("aria-invalid", "true");
    password.focus();
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  // Not `disabled`, which would take the focus away.
  if (button.getAttribute("aria-disabled") === "true") {
    return;
  }
  button.setAttribute("aria-disabled", "true");
  password?.removeAttribute("aria-invalid");
  say("", false);
  await send().catch(() => say(UNREACHABLE, true));
  button.removeAttribute("aria-disabled");
});

shown?.addEventListener("change", () => {
  password.type = shown.checked ? "text" : "password";
});

if (!token) {
  end(INCOMPLETE, true);
}
