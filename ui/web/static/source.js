// A document opened at a quote. What is open stands in the address (#source/…), so that Back closes it
// and a link to it can be sent; the server decides anew each time whether it may be read.

const viewer = document.getElementById("viewer");
const inside = viewer.querySelector(".viewer-inside");
const PLACE = /^#source\/([0-9a-f]+)\/(\d+)-(\d+)-([0-9a-f]*)(?:\/(page|text)(?:\/(\d+))?)?$/;
const wide = matchMedia("(min-width: 1200px)");
const BACK_MS = 100; // going back in its history, the browser takes the focus away once more
const ZOOMS = [1, 1.4, 2, 2.8];

let zoom = 0;
let shown = ""; // the address of what is open
let loading = null;
let cameFrom = null; // where the focus goes back to
let wasOpenedHere = false; // then Back leads to the page without it

function request(place) {
  const [, name, start, end, check, way, page] = place;
  const width = Math.round(Math.min(inside.clientWidth || 900, 1100) * ZOOMS[zoom] * devicePixelRatio);
  const wanted = new URLSearchParams({ start, end, check, width });
  if (page) wanted.set("page", page);
  if (way === "text") wanted.set("text", "true");
  return `/sources/${name}?${wanted}`;
}

async function open(place) {
  const address = place[0];
  shown = address;
  loading?.abort();
  loading = new AbortController();
  const wasOpen = viewer.open;
  if (!wasOpen) {
    zoom = 0;
    cameFrom = document.activeElement;
    inside.replaceChildren(message(viewer.dataset.opening));
    openDialog();
  }
  viewer.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(request(place), { signal: loading.signal });
    if (answer.redirected || answer.status === 401) throw new Error("signed out");
    show(await answer.text(), wasOpen);
  } catch (error) {
    if (error.name === "AbortError") return;
    inside.replaceChildren(message(document.body.dataset.lost));
  } finally {
    if (shown === address) viewer.removeAttribute("aria-busy");
  }
}

// Where there is room for it, a document stands beside the conversation, and both can be read and used.
function openDialog() {
  const isBeside = wide.matches && document.querySelector("#talk .turn");
  document.documentElement.classList.toggle("has-viewer", Boolean(isBeside));
  if (isBeside) viewer.show();
  else viewer.showModal();
}

function show(html, wasOpen) {
  const turned = wasOpen && document.activeElement?.dataset.turn;
  inside.innerHTML = html; // made by ui/view, which escapes whatever comes from a document
  setZoom(zoom);
  inside.querySelector("mark, .frame")?.scrollIntoView({ block: "center" });
  const next = turned && inside.querySelector(`[data-turn="${turned}"]`);
  (next || inside.querySelector("h2"))?.focus({ preventScroll: true });
}

function message(text) {
  return Object.assign(document.createElement("p"), { className: "plain", textContent: text });
}

function setZoom(step) {
  zoom = Math.max(0, Math.min(ZOOMS.length - 1, step));
  inside.style.setProperty("--zoom", ZOOMS[zoom]);
  for (const button of inside.querySelectorAll("[data-zoom]")) {
    const way = Number(button.dataset.zoom);
    button.disabled = way < 0 ? zoom === 0 : way > 0 ? zoom === ZOOMS.length - 1 : zoom === 0;
  }
}

function zoomBy(way) {
  const before = zoom;
  setZoom(way === 0 ? 0 : zoom + way);
  const picture = inside.querySelector(".leaf img");
  if (!picture || zoom === before) return;
  const width = Math.round(picture.clientWidth * devicePixelRatio);
  const address = new URL(picture.src);
  if (width <= Number(address.searchParams.get("width"))) return;
  address.searchParams.set("width", width); // sharper; the old picture stays until it is there
  const sharper = new Image();
  sharper.onload = () => (picture.src = sharper.src);
  sharper.src = address;
}

async function more(button) {
  button.disabled = true;
  try {
    const answer = await fetch(button.dataset.more);
    if (!answer.ok) throw new Error(answer.statusText);
    const piece = document.createElement("template");
    piece.innerHTML = await answer.text();
    const body = inside.querySelector(".viewer-body");
    const below = body.scrollHeight - body.scrollTop;
    const above = button.previousElementSibling === null;
    button.replaceWith(piece.content);
    if (above) body.scrollTop = body.scrollHeight - below; // what is read stays where it is
  } catch {
    button.disabled = false;
    button.textContent = document.body.dataset.lost;
  }
}

function follow() {
  const place = PLACE.exec(location.hash);
  if (place) {
    if (place[0] !== shown) open(place);
  } else if (viewer.open) {
    document.documentElement.classList.remove("has-viewer"); // what had the focus can have it again
    viewer.close();
  }
}

function close() {
  if (wasOpenedHere) history.back();
  else {
    history.replaceState(null, "", location.pathname + location.search);
    follow();
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href*="#source/"]');
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const turning = viewer.open;
  // In full: relative to the page's base, it would lead to another room.
  const address = location.pathname + location.search + link.hash;
  history[turning ? "replaceState" : "pushState"](null, "", address);
  wasOpenedHere ||= !turning;
  follow();
});
inside.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.zoom) zoomBy(Number(button.dataset.zoom));
  if (button?.dataset.more) more(button);
});
viewer.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: "-1", ArrowRight: "1", PageUp: "-1", PageDown: "1" }[event.key];
  const picture = inside.querySelector(".is-picture");
  if (!step || !picture || event.altKey || event.ctrlKey) return;
  if (event.key.startsWith("Page") && picture.scrollHeight > picture.clientHeight + 4) return;
  if (event.key.startsWith("Arrow") && picture.scrollWidth > picture.clientWidth + 4) return;
  const link = inside.querySelector(`a[data-turn="${step}"]`);
  if (!link) return;
  event.preventDefault();
  link.focus();
  link.click();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && viewer.open && !document.querySelector("dialog:modal")) close();
});
viewer.addEventListener("cancel", (event) => {
  event.preventDefault();
  close();
});
viewer.addEventListener("close", () => {
  loading?.abort();
  document.documentElement.classList.remove("has-viewer");
  shown = "";
  wasOpenedHere = false;
  inside.replaceChildren();
  const back = cameFrom;
  setTimeout(() => back?.focus?.({ preventScroll: true }), BACK_MS);
});
viewer.addEventListener("click", (event) => event.target === viewer && close()); // beside it
viewer.querySelector(".viewer-close").addEventListener("click", close);
addEventListener("popstate", follow);
addEventListener("hashchange", follow);
follow();

// --- One of several quotes from the same passage -------------------------------------------------------

document.addEventListener("inhouse:chosen", ({ detail: place }) => {
  // Beside the conversation, what is open follows the citation.
  if (document.documentElement.classList.contains("has-viewer")) {
    const own = `.open.q${place.id.split("-s")[1]} a`;
    (place.closest(".source")?.querySelector(own) ?? place.closest(".source")?.querySelector(".open a"))?.click();
  }
  const card = place.closest(".source");
  for (const old of document.querySelectorAll(".source.is-chosen, .n.is-chosen")) old.classList.remove("is-chosen");
  if (!card) return;
  card.classList.add("is-chosen");
  place.classList.add("is-chosen");
  const own = `q${place.id.split("-s")[1]}`;
  for (const mark of card.querySelectorAll("mark[class]")) mark.classList.toggle("is-faint", !mark.classList.contains(own));
  for (const opener of card.querySelectorAll(".open")) opener.classList.toggle("is-other", !opener.classList.contains(own));
});
