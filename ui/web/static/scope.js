// What is asked: some documents, folders and tags, as chips above the box. @ in the box, or the button beside it,
// offers them. The chips are the truth: box.js sends their ids along with the question.

const byId = (id) => document.getElementById(id);
const composer = byId("composer");
const box = composer.querySelector("textarea");
const row = byId("scope");
const list = byId("scope-list");
const words = composer.dataset;
const TYPING_MS = 120;
const MENTION = /(?:^|\s)@([^@\n]{0,60})$/; // before the caret; a name may have spaces

let waiting = 0;
let looking = null;
let closedAt = -1; // where an @ was typed that shall offer nothing
let isFromButton = false; // whether the button wrote the @, which goes again where nothing is chosen

const ids = () => [...row.querySelectorAll("li")].map((chip) => chip.dataset.id);
const options = () => [...list.querySelectorAll("[role=option]")];
const current = () => list.querySelector("[aria-selected=true]");

function mention() {
  const found = MENTION.exec(box.value.slice(0, box.selectionStart));
  if (!found) return null;
  return { text: found[1], start: box.selectionStart - found[1].length - 1 };
}

function close() {
  clearTimeout(waiting);
  looking?.abort();
  list.hidden = true;
  list.replaceChildren();
  box.removeAttribute("aria-activedescendant");
}

function leave() {
  close();
  const typed = mention();
  if (isFromButton && typed && !typed.text) {
    box.setRangeText("", typed.start, typed.start + 1, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  isFromButton = false;
}

function mark(option) {
  current()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) box.setAttribute("aria-activedescendant", option.id);
}

function fill(items, text) {
  const taken = ids();
  const offered = items.filter((item) => !taken.includes(item.id));
  if (!offered.length && text.includes(" ")) return close(); // it was only an @ in a sentence
  list.replaceChildren(
    ...offered.map((item, number) => {
      const option = Object.assign(document.createElement("div"), { id: `scope-${number}`, role: "option" });
      option.setAttribute("aria-selected", "false");
      option.dataset.id = item.id;
      const name = Object.assign(document.createElement("b"), { textContent: item.label });
      option.append(name, Object.assign(document.createElement("small"), { textContent: item.detail }));
      return option;
    }),
  );
  if (!offered.length) {
    const nothing = Object.assign(document.createElement("div"), { role: "option", className: "none", textContent: words.nothing });
    nothing.setAttribute("aria-disabled", "true");
    nothing.setAttribute("aria-selected", "false");
    list.append(nothing);
  }
  list.hidden = false;
  byId("announce").textContent = offered.length ? words.found.replace("{n}", offered.length) : words.nothing;
  mark(options().find((option) => option.dataset.id));
}

async function offer() {
  const typed = mention();
  if (!typed || typed.start === closedAt) return close();
  looking?.abort();
  looking = new AbortController();
  const query = new URLSearchParams({ q: typed.text.trim(), profile: document.body.dataset.profile });
  try {
    const answer = await fetch(`/scope?${query}`, { signal: looking.signal });
    if (answer.ok && !answer.redirected) fill(await answer.json(), typed.text);
    else close();
  } catch (error) {
    if (error.name === "AbortError") return; // something newer was typed
    close();
    document.dispatchEvent(new Event("inhouse:changed")); // says that the server is gone
  }
}

function changed() {
  row.hidden = !row.querySelector("li");
  row.querySelector(".gone").replaceChildren();
  const place = new URL(location);
  for (const name of ["in", "about"]) place.searchParams.delete(name);
  for (const id of ids()) place.searchParams.append("in", id);
  // A kept conversation would bring its own scope back.
  if (row.hidden && (place.searchParams.has("c") || place.searchParams.has("s"))) place.searchParams.append("in", "");
  history.replaceState(history.state, "", place);
}

function pick(option) {
  if (!option?.dataset.id) return close();
  const typed = mention();
  const label = option.querySelector("b").textContent;
  const chip = document.createElement("li");
  chip.dataset.id = option.dataset.id;
  const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "✕" });
  remove.setAttribute("aria-label", `${words.remove}: ${label}`);
  chip.append(Object.assign(document.createElement("span"), { textContent: label }), remove);
  row.querySelector("ul").append(chip);
  if (typed) {
    const rest = box.value.slice(0, typed.start) + box.value.slice(box.selectionStart).trimStart();
    box.value = rest;
    box.setSelectionRange(typed.start, typed.start);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  close();
  changed();
  box.focus();
}

function drop(chip) {
  chip.remove();
  changed();
  box.focus();
}

box.addEventListener("input", () => {
  clearTimeout(waiting);
  if (!mention()) {
    closedAt = -1;
    return close();
  }
  waiting = setTimeout(offer, TYPING_MS);
});

// Before the box's own keys: Enter chooses here, and asks there.
composer.addEventListener(
  "keydown",
  (event) => {
    if (event.target !== box || event.isComposing) return;
    if (event.key === "Backspace" && !box.value && row.querySelector("li")) return drop(row.querySelector("li:last-child"));
    if (list.hidden) return;
    const all = options().filter((option) => option.dataset.id);
    const at = all.indexOf(current());
    if (event.key === "ArrowDown") mark(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") mark(all.at(at - 1));
    else if (event.key === "Enter" || event.key === "Tab") {
      if (!current()) return close();
      pick(current());
    } else if (event.key === "Escape") {
      closedAt = mention()?.start ?? -1;
      leave();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
list.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
list.addEventListener("click", (event) => pick(event.target.closest("[role=option]")));
box.addEventListener("blur", leave);
row.addEventListener("click", (event) => event.target.closest("button") && drop(event.target.closest("li")));
byId("add-scope").addEventListener("click", () => {
  box.focus();
  const at = box.selectionStart;
  const before = box.value.slice(0, at);
  if (!mention()) {
    box.setRangeText(before && !/\s$/.test(before) ? " @" : "@", at, at, "end");
    isFromButton = true;
  }
  closedAt = -1;
  box.dispatchEvent(new Event("input", { bubbles: true }));
});
