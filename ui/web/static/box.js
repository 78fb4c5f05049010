// The question box. What is typed is kept as a draft; what is asked goes to Gradio as soon as that is there, and
// comes back into the box where nothing came of it.

const byId = (id) => document.getElementById(id);
const main = byId("main");
const composer = byId("composer");
const box = composer.querySelector("textarea");
const sent = byId("sent");
const note = byId("note");
const words = composer.dataset;
const DRAFT = "inhouse-draft";
const query = new URLSearchParams(location.search);
const SHARED = "s:"; // before the name of a link's conversation
const opening = query.get("c") ?? (query.has("s") ? SHARED + query.get("s") : null);
const narrow = matchMedia("(max-width: 1023px)");

let asked = null; // the question that is being asked
let isBegun = false; // whether the server has taken it up
let isReady = false; // whether Gradio is there
let isOpening = Boolean(opening);
let progress = "";

// --- Gradio's boxes: written to as if somebody typed --------------------------------------------------

const word = (id) => document.querySelector(`#${id} .word`)?.textContent ?? "";
const wire = (id) => document.querySelector(`#${id} textarea, #${id} input`);

function type(target, text) {
  const kind = target.tagName === "INPUT" ? HTMLInputElement : HTMLTextAreaElement;
  Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(target, text);
  target.dispatchEvent(new Event("input", { bubbles: true }));
}

function submit(id, text) {
  type(wire(id), text);
  const press = () => wire(id).dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", bubbles: true, cancelable: true }));
  setTimeout(press, 60); // Gradio takes over what was typed a moment later
}

// Which documents are asked goes along with each question.
function send() {
  const scope = [...document.querySelectorAll("#scope li")].map((chip) => chip.dataset.id);
  type(wire("asked-scope"), JSON.stringify(scope));
  submit("asked", asked);
}

// --- The box --------------------------------------------------------------------------------------------

function fit() {
  box.style.height = "auto";
  if (box.value) box.style.height = `${Math.min(box.scrollHeight, 200)}px`;
}

function write(text) {
  box.value = text;
  fit();
  if (text) sessionStorage.setItem(DRAFT, text);
  else sessionStorage.removeItem(DRAFT);
}

function say(text, again = null) {
  note.replaceChildren();
  if (!text) return;
  const line = Object.assign(document.createElement("p"), { className: "complaint", textContent: text });
  if (again) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: words.again });
    button.addEventListener("click", again);
    line.append(" ", button);
  }
  note.append(line);
}

function showSent(text) {
  const question = Object.assign(document.createElement("h2"), { className: "question", textContent: text });
  const status = Object.assign(document.createElement("p"), { className: "status status-busy" });
  status.append(Object.assign(document.createElement("strong"), { textContent: words.searching }));
  const names = [...document.querySelectorAll("#scope li span")].map((name) => name.textContent).join(", ");
  const only = Object.assign(document.createElement("p"), { className: "asked-in" });
  only.textContent = names && words.onlyIn + names;
  sent.replaceChildren(question, ...(names ? [only] : []), status);
  sent.hidden = false;
}

function show() {
  const hasTurn = Boolean(document.querySelector("#talk .turn"));
  main.classList.toggle("is-start", !hasTurn && asked === null && !isOpening);
  main.classList.toggle("is-opening", isOpening && !hasTurn);
  if (hasTurn || asked === null) sent.hidden = true;
  byId("ask").hidden = asked !== null;
  byId("stop").hidden = asked === null;
}

// --- Asking ---------------------------------------------------------------------------------------------

function ask(text) {
  if (asked !== null) return;
  [asked, isBegun] = [text, false];
  say("");
  if (box.value === text) {
    box.value = "";
    fit();
  }
  if (text.trim() && !document.querySelector("#talk .turn")) showSent(text);
  show();
  if (isReady && !isOpening) send();
}

function end() {
  if (!isBegun && asked !== null && !box.value) write(asked);
  asked = null;
  show();
}

// What was asked will not be answered any more: it can be asked again, also of another server.
function breakOff(reason) {
  if (isOpening) {
    isOpening = false;
    say(document.body.dataset.lost, () => location.reload());
    return show();
  }
  if (asked === null) return;
  const question = asked;
  const status = document.querySelector("#now .status-busy");
  if (!box.value) write(question);
  end();
  if (status && reason !== "busy") return markCut(status);
  const texts = { busy: words.busy, failed: document.body.dataset.broken, "signed-out": document.body.dataset.signedOut };
  say(texts[reason] ?? document.body.dataset.lost, () => ask(question));
}

function markCut(status) {
  status.className = "status status-stopped";
  const label = Object.assign(document.createElement("strong"), { textContent: words.cut });
  status.replaceChildren(label, ` ${words.cutWhy}`);
  const turn = status.closest(".turn");
  turn.querySelector(".is-writing")?.classList.remove("is-writing");
  const acts = Object.assign(document.createElement("p"), { className: "acts" });
  const again = Object.assign(document.createElement("a"), { className: "act act-again" });
  again.setAttribute("href", "#act/again");
  again.append(Object.assign(document.createElement("span"), { textContent: words.again }));
  acts.append(again);
  turn.querySelector(".answer").append(acts);
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(box.value);
});
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ask(box.value);
});
box.addEventListener("input", () => write(box.value));
byId("stop").addEventListener("click", () => document.querySelector("#stopping")?.click());
byId("offers").addEventListener("click", (event) => event.target.matches(".starter") && ask(event.target.textContent));
document.addEventListener("inhouse:ask", ({ detail }) => ask(detail));
document.addEventListener("inhouse:edit", ({ detail }) => {
  write(detail);
  box.focus();
});
document.addEventListener("inhouse:broken", ({ detail }) => {
  breakOff(detail);
  document.dispatchEvent(new Event("inhouse:changed")); // the header says how the server is
});
// Signed in again in another tab: where Gradio was refused before it was there, the page begins anew with its draft.
document.addEventListener("inhouse:returned", (event) => {
  if (isReady && !("refused" in document.documentElement.dataset)) return;
  event.preventDefault();
  location.reload();
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  box.focus();
});

// --- What Gradio shows ----------------------------------------------------------------------------------

function begin() {
  isReady = true;
  document.querySelector("gradio-app main")?.setAttribute("role", "none"); // the page has its own
  type(wire("asked-of"), document.body.dataset.profile);
  if (isOpening) submit("opened", opening);
  else if (asked !== null) send();
}

function follow() {
  if (!isReady && wire("asked") && wire("opened") && wire("asked-scope") && byId("panel")) begin();
  const now = word("progress");
  if (!now || now === progress) return show();
  progress = now;
  say(word("said"));
  if (isOpening) {
    isOpening = false;
    show();
    if (asked !== null) send(); // it was asked meanwhile
  } else if (now.startsWith("busy")) {
    isBegun = true;
    sessionStorage.removeItem(DRAFT);
    if (box.value) sessionStorage.setItem(DRAFT, box.value);
    show();
  } else end();
  requestAnimationFrame(name);
}

// Where one is stands in the address, and what it is about in the tab's title.
function name() {
  const place = new URL(location);
  const kept = wire("opened")?.value;
  const hasTurn = Boolean(document.querySelector("#talk .turn"));
  byId("shared").hidden = !hasTurn || !kept?.startsWith(SHARED);
  if (kept && !kept.startsWith(SHARED) && document.querySelector("#talk .turn") && place.searchParams.get("c") !== kept) {
    place.searchParams.set("c", kept);
    place.searchParams.delete("s"); // what is asked in a shared conversation goes on as one's own
    history.replaceState(history.state, "", place);
  }
  const first = document.querySelector("#talk .question")?.lastChild?.textContent;
  if (first) document.title = `${first.slice(0, 80)} · ${document.body.dataset.product}`;
}

// Enter was pressed before this script was there: it is a line break in the box.
const isEarly = /\S\s*\n$/.test(box.value);
const draft = sessionStorage.getItem(DRAFT);
if (draft && !box.value) write(draft);
if (!narrow.matches) box.focus(); // on a phone that would raise the keyboard
show();
new MutationObserver(follow).observe(document.querySelector("gradio-app"), { childList: true, characterData: true, subtree: true });
if (isEarly) {
  write(box.value.trim());
  ask(box.value);
}
