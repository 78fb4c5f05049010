// The room in which one asks, beside Gradio: sources shown for a citation, the sheet on a narrow window.
// It only moves and marks what the server has rendered.

const narrow = matchMedia("(max-width: 1023px)");
const byId = (id) => document.getElementById(id);

// --- Sources: one turn's at a time ----------------------------------------------------------------

let chosen = null; // the id of the evidence that a reader asked for; null shows the newest
let newest = null;
let cameFrom = null; // where the focus goes back to when the sheet closes

function showEvidence() {
  const all = [...document.querySelectorAll("#panel .evidence")];
  const last = all.at(-1)?.id ?? null;
  if (last !== newest) [newest, chosen] = [last, null];
  const shown = all.find((one) => one.id === chosen) ?? all.at(-1);
  for (const one of all) one.classList.toggle("is-shown", one === shown);
  const top = () => document.querySelector("#now .turn")?.getBoundingClientRect().top ?? 0;
  const before = top();
  for (const opener of document.querySelectorAll("#talk .opener")) {
    const isBeside = !narrow.matches && opener.firstElementChild.hash === `#${shown?.id}`;
    opener.classList.toggle("is-beside", isBeside);
  }
  scrollBy(0, top() - before); // what is being answered stays where it is
}

function openEvidence(place, link) {
  const evidence = place.closest(".evidence");
  const target = place.closest(".source") ?? evidence;
  chosen = evidence.id;
  showEvidence();
  if (narrow.matches) openSheet(link);
  document.dispatchEvent(new CustomEvent("inhouse:chosen", { detail: place }));
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  const panel = byId("panel");
  const above = panel.getBoundingClientRect().top + byId("sheet-bar").offsetHeight + 12;
  const top = target.getBoundingClientRect().top - above + panel.scrollTop;
  panel.scrollTo({ top: target === evidence ? 0 : top, behavior });
}

function openSheet(link) {
  cameFrom = link;
  document.body.classList.add("sheet-open");
  setSheetRole("dialog");
  for (const id of ["top", "talk"]) byId(id).inert = true;
}

function addSheetBar() {
  const bar = Object.assign(document.createElement("div"), { id: "sheet-bar" });
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "✕" });
  close.setAttribute("aria-label", document.body.dataset.close);
  close.addEventListener("click", closeSheet);
  bar.append(close);
  byId("panel").prepend(bar);
}

function setSheetRole(role) {
  const panel = byId("panel");
  panel.setAttribute("role", role);
  panel.setAttribute("aria-label", document.body.dataset.sources);
  panel.toggleAttribute("aria-modal", role === "dialog");
}

function closeSheet() {
  if (!document.body.classList.contains("sheet-open")) return;
  document.body.classList.remove("sheet-open");
  setSheetRole("complementary");
  for (const id of ["top", "talk"]) byId(id).inert = false;
  cameFrom?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#e"]');
  if (link) {
    event.preventDefault();
    const target = byId(link.hash.slice(1));
    if (target) openEvidence(target, link);
  } else if (!event.target.closest?.("#panel, dialog")) {
    closeSheet();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) closeSheet();
});
narrow.addEventListener("change", () => {
  closeSheet();
  showEvidence();
});

// --- The conversation -----------------------------------------------------------------------------

let turn = null;

function followConversation() {
  const latest = document.querySelector("#now .turn");
  if (!latest) return;
  document.body.classList.remove("is-opening");
  if (latest.id !== turn) {
    turn = latest.id;
    latest.scrollIntoView({ block: "start" });
  }
  const status = latest.querySelector(".status");
  const said = status?.textContent ?? "";
  if (byId("announce").textContent === said) return;
  byId("announce").textContent = said;
  if (status && !status.classList.contains("status-busy")) {
    document.dispatchEvent(new Event("inhouse:changed")); // the index may have moved on, too
  }
}

// Gradio draws one page for everybody; this puts in the words of whoever looks, and of their profile.
const words = JSON.parse(document.body.dataset.words);

function speak() {
  for (const [selector, text] of Object.entries(words.texts)) {
    const element = document.querySelector(selector);
    if (element && element.textContent !== text) element.textContent = text;
  }
  offer();
  const box = document.querySelector("#question textarea");
  if (!box || box.placeholder === words.placeholder) return;
  box.placeholder = words.placeholder;
  box.setAttribute("aria-label", words.label);
}

// Before the first question: the profile's starters; and, where no profile is chosen, the profiles.
function offer() {
  const [starters, fields] = document.querySelectorAll("#offers :is(.starters, .fields):empty");
  if (!fields) return;
  const others = document.querySelectorAll("#profiles a:first-child[aria-current] ~ a");
  starters.replaceChildren(...words.starters.map(starter));
  fields.replaceChildren(...[...others].map((link) => link.cloneNode(true)));
  for (const [at, part] of [starters, fields].entries()) {
    if (part.hasChildNodes()) part.previousElementSibling.textContent = words.offers[at];
    else part.remove();
  }
}

function starter(text) {
  return Object.assign(document.createElement("button"), { type: "button", className: "starter", textContent: text });
}

function startUp() {
  byId("loading").remove();
  document.body.classList.toggle("is-opening", new URLSearchParams(location.search).has("c"));
  addSheetBar();
  setSheetRole("complementary");
  if (!narrow.matches) focusQuestion(); // on a phone that would raise the keyboard
}

function focusQuestion() {
  document.querySelector("#question textarea")?.focus();
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  focusQuestion();
});

new MutationObserver(() => {
  if (byId("loading") && byId("panel") && byId("ask")) startUp();
  speak();
  showEvidence();
  followConversation();
}).observe(document.querySelector("gradio-app"), { childList: true, subtree: true });

// --- The first question: the box moves at once, and not when the server has answered ---------------

const COMPLAINT_MS = 4000; // a question that is refused leaves the start as it was

function startAsking() {
  if (document.querySelector("#talk .turn") || !document.querySelector("#question textarea")?.value.trim()) return;
  document.documentElement.classList.add("is-asking");
  setTimeout(() => document.documentElement.classList.remove("is-asking"), COMPLAINT_MS);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && event.target.closest?.("#question")) startAsking();
}, true);
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#ask")) startAsking();
}, true);
