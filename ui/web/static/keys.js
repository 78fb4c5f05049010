// Reading by keyboard: / to the box, [ and ] through the citations, ? for the list of keys; and what a citation
// rests on, shown beside it while it is pointed at or has the focus.

const byId = (id) => document.getElementById(id);
const preview = byId("preview");
const REST_MS = 250; // so long one rests on a citation before it is shown

const isTyping = (element) => element.closest?.("input, textarea, select, [contenteditable]");

function step(by) {
  const chips = [...document.querySelectorAll("#talk .turn .chip")].filter((chip) => chip.checkVisibility());
  if (!chips.length) return;
  const at = chips.findIndex((chip) => chip.classList.contains("is-current"));
  const next = chips[at < 0 ? (by > 0 ? 0 : chips.length - 1) : (at + by + chips.length) % chips.length];
  next.scrollIntoView({ block: "nearest" });
  next.focus({ preventScroll: true });
  next.click();
}

document.addEventListener("keydown", (event) => {
  // Alt, or Ctrl and Alt as AltGr, is how [ and ] are typed on many keyboards; Ctrl or Cmd alone is the browser's.
  if (event.metaKey || (event.ctrlKey && !event.altKey) || isTyping(event.target)) return;
  if (document.querySelector("dialog:modal")) return;
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("#composer textarea").focus();
  } else if (event.key === "[" || event.key === "]") {
    event.preventDefault();
    step(event.key === "]" ? 1 : -1);
  } else if (event.key === "?") {
    byId("keys").showModal();
  }
});
document.addEventListener("click", (event) => {
  const chip = event.target.closest?.(".chip");
  if (!chip) return;
  hide();
  for (const old of document.querySelectorAll(".chip.is-current")) old.classList.remove("is-current");
  chip.classList.add("is-current");
});

// --- What a citation rests on ---------------------------------------------------------------------------

let resting = 0;

function show(chip) {
  const place = byId(chip.hash.slice(1));
  const card = place?.closest(".source");
  if (!card) return;
  const own = `q${place.id.split("-s")[1]}`;
  const marks = [...card.querySelectorAll("blockquote:first-of-type mark")];
  const quote = marks.filter((mark) => !mark.className || mark.classList.contains(own)).map((mark) => mark.textContent).join(" ");
  const title = Object.assign(document.createElement("strong"), { textContent: card.querySelector("h3")?.textContent ?? "" });
  const where = Object.assign(document.createElement("small"), { textContent: card.querySelector(".where")?.textContent ?? "" });
  const words = Object.assign(document.createElement("p"), { textContent: quote.trim() });
  preview.replaceChildren(title, where, words);
  preview.hidden = false;
  const at = chip.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = preview;
  const above = at.top - height - 8;
  preview.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  preview.style.top = `${above > 60 ? above : at.bottom + 8}px`;
  chip.setAttribute("aria-describedby", "preview");
}

function hide() {
  clearTimeout(resting);
  preview.hidden = true;
}

function begin(event) {
  const chip = event.target.closest?.("#talk .chip");
  if (!chip || (event.type === "pointerover" && event.pointerType === "touch")) return;
  clearTimeout(resting);
  resting = setTimeout(() => show(chip), event.type === "focusin" ? 0 : REST_MS);
}

for (const name of ["pointerover", "focusin"]) document.addEventListener(name, begin);
for (const name of ["pointerout", "focusout"]) document.addEventListener(name, (event) => event.target.closest?.(".chip") && hide());
addEventListener("scroll", hide, { passive: true });
document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
