// What every room has: the header says how the index and the model are.

const STATE_EVERY_MS = 10_000;
const LOST_EVERY_MS = 2_000; // while the server cannot be reached
const byId = (id) => document.getElementById(id);

let nextState = 0;

function showPart(element, part) {
  const said = JSON.stringify(part);
  if (element.dataset.said === said) return; // a live region speaks at every change
  element.dataset.said = said;
  const more = Object.assign(document.createElement("span"), { className: "more", textContent: part?.more ?? "" });
  element.replaceChildren(part?.text ?? "", more);
  element.className = part?.ok ? "is-well" : "is-unwell";
  element.hidden = !part;
}

// Sentences, or parts of the state with a note and what the server says of it.
function showNotices(notes) {
  const box = byId("notices");
  const said = JSON.stringify(notes);
  if (box.dataset.notes === said) return;
  box.dataset.notes = said;
  box.replaceChildren(...notes.map(makeNotice));
  const measure = () => document.documentElement.style.setProperty("--notices", `${box.offsetHeight}px`);
  for (const fold of box.querySelectorAll("details")) fold.addEventListener("toggle", measure);
  measure();
}

function makeNotice(part) {
  const banner = Object.assign(document.createElement("div"), { className: "banner", textContent: part.note ?? part });
  if (!part.detail) return banner;
  const fold = document.createElement("details");
  const said = Object.assign(document.createElement("p"), { lang: "en", textContent: part.detail });
  fold.append(Object.assign(document.createElement("summary"), { textContent: document.body.dataset.details }), said);
  banner.append(" ", fold);
  return banner;
}

function showSignedOut() {
  const { signedOut, again } = document.body.dataset;
  showNotices([signedOut]);
  const notice = byId("notices").firstElementChild;
  if (notice.querySelector("a")) return;
  // In a tab of its own: coming back from there, one goes on where one was.
  const link = Object.assign(document.createElement("a"), { href: "/sign-in", target: "_blank", rel: "noopener", textContent: again });
  notice.append(" ", link);
  // What was being asked comes back into the box.
  document.dispatchEvent(new CustomEvent("inhouse:broken", { detail: "signed-out" }));
}

async function showState() {
  clearTimeout(nextState);
  let wait = STATE_EVERY_MS;
  try {
    const answer = await fetch("/state");
    if (answer.status === 401) return showSignedOut();
    if (!answer.ok) return showNotices([document.body.dataset.broken]);
    const hasReturned = byId("notices").querySelector("a[href='/sign-in']"); // signed in again, in another tab
    if (hasReturned && !document.dispatchEvent(new Event("inhouse:returned", { cancelable: true }))) return;
    const { index, model } = await answer.json();
    showPart(byId("index-state"), index);
    showPart(byId("model-state"), model);
    showNotices([index, model].filter((part) => part?.note));
  } catch {
    wait = LOST_EVERY_MS;
    showNotices([document.body.dataset.lost]);
    document.dispatchEvent(new Event("inhouse:lost"));
  } finally {
    if (!document.hidden) nextState = setTimeout(showState, wait);
  }
}

// The list of languages closes as a menu does.
document.addEventListener("click", ({ target }) => {
  const open = document.querySelector(".language[open]");
  if (open && !open.contains(target)) open.open = false;
});
document.addEventListener("keydown", ({ key }) => {
  const open = key === "Escape" && document.querySelector(".language[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

document.addEventListener("visibilitychange", () => document.hidden || showState());
window.addEventListener("focus", showState);
document.addEventListener("inhouse:changed", showState); // what was done may have changed it
showState();
