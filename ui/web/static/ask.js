// The room in which one asks, beside Gradio: sources shown for a citation, the sheet on a narrow window.
// It only moves and marks what the server has rendered.

const narrow = matchMedia("(max-width: 1023px)");
const byId = (id) => document.getElementById(id);

// --- Sources: one turn's at a time ----------------------------------------------------------------

let chosen = null; // the id of the evidence that a reader asked for; null shows the newest
let newest = null;
let reading = null; // the id of the turn that is read
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

// On a wide window the sources are those of the turn that one reads: the last that begins above the middle.
function followReading() {
  if (narrow.matches) return;
  const turns = [...document.querySelectorAll("#talk .turn")];
  const read = turns.findLast((one) => one.getBoundingClientRect().top < innerHeight * 0.45) ?? turns[0];
  if (!read || read.id === reading) return;
  reading = read.id;
  chosen = `e${read.id.slice(1)}`;
  showEvidence();
}

let scrolling = 0;
addEventListener("scroll", () => {
  cancelAnimationFrame(scrolling);
  scrolling = requestAnimationFrame(followReading);
});

function openEvidence(place, link) {
  const evidence = place.closest(".evidence");
  const target = place.closest(".source") ?? evidence;
  const fold = target.closest("details");
  if (fold) fold.open = true;
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
  for (const id of ["top", "talk", "composer"]) byId(id).inert = true;
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
  for (const id of ["top", "talk", "composer"]) byId(id).inert = false;
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

function startUp() {
  addSheetBar();
  setSheetRole("complementary");
}

new MutationObserver(() => {
  if (!byId("sheet-bar") && byId("panel")) startUp();
  for (const table of document.querySelectorAll("#panel .wide:not([tabindex])")) table.tabIndex = 0; // scrolls by keys
  showEvidence();
  followConversation();
}).observe(document.querySelector("gradio-app"), { childList: true, subtree: true });
