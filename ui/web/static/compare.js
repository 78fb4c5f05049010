// The room with two panes: sends the question, shows what the server has rendered for each pane.

const form = document.getElementById("compare-form");
const box = document.getElementById("compare-question");
const button = form.querySelector("button");
const note = document.getElementById("compare-note");
const panes = document.querySelector(".panes");
let running = null;

function say(text) {
  note.textContent = text;
}

function fit() {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

function setBusy(busy) {
  button.textContent = busy ? form.dataset.stop : form.dataset.ask;
  panes.setAttribute("aria-busy", String(busy));
}

async function* lines(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const parts = (rest + (value ?? "")).split("\n");
    rest = parts.pop();
    yield* parts.filter(Boolean);
    if (done) return;
  }
}

function show({ side, html }) {
  const pane = document.getElementById(`pane-${side}`);
  const open = [...pane.querySelectorAll("details")].map((one) => one.open);
  pane.innerHTML = html; // made by ui/view, which escapes whatever comes from a document or a model
  pane.querySelectorAll(".wide").forEach((table) => (table.tabIndex = 0)); // scrolls by keys
  pane.querySelectorAll("details").forEach((one, n) => (one.open = open[n] ?? false));
}

async function ask(question) {
  running?.abort();
  const mine = (running = new AbortController());
  say("");
  panes.hidden = false;
  setBusy(true);
  history.replaceState(null, "", `/compare?q=${encodeURIComponent(question)}`);
  try {
    const answer = await fetch(`/compare?${new URLSearchParams({ profile: document.body.dataset.profile })}`, {
      method: "POST",
      body: question,
      headers: { "content-type": "text/plain; charset=utf-8" },
      signal: mine.signal,
    });
    if (answer.redirected || answer.status === 401) throw new Error("signed out");
    if (!answer.ok) return say(await answer.text());
    for await (const line of lines(answer)) show(JSON.parse(line));
  } catch (error) {
    if (error.name !== "AbortError") say(document.body.dataset.lost);
    else if (running === mine) say(form.dataset.stopped);
  } finally {
    if (running === mine) {
      running = null;
      setBusy(false);
      for (const writing of panes.querySelectorAll(".is-writing")) writing.classList.remove("is-writing");
    }
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) return running.abort();
  const question = box.value.trim();
  if (question) ask(question);
});
box.addEventListener("input", fit);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!running) form.requestSubmit();
});
document.addEventListener("click", (event) => {
  const offer = event.target.closest?.(".compare .starter");
  if (offer) {
    box.value = offer.textContent;
    fit();
    ask(offer.textContent);
  }
  const chip = event.target.closest?.('.compare a[href^="#e"]');
  if (chip) {
    event.preventDefault();
    const place = document.getElementById(chip.hash.slice(1));
    const source = place?.closest(".source");
    if (!source) return;
    const folded = source.closest("details:not([open])");
    if (folded) folded.open = true;
    document.dispatchEvent(new CustomEvent("inhouse:chosen", { detail: place }));
    source.tabIndex = -1;
    source.focus({ preventScroll: true });
    source.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }
});
fit();
if (box.value.trim()) ask(box.value.trim());
else box.focus();
