// What one can do with answers, and the conversations that are kept.

const drawer = document.getElementById("history");
const feedback = document.getElementById("feedback");
const share = document.getElementById("share");
const list = drawer.querySelector(".list");
const search = document.getElementById("history-search");

// --- A word at the foot of the page ---------------------------------------------------------------------

let fading = 0;

function toast(text) {
  const place = document.getElementById("toast");
  place.textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => (place.textContent = ""), 6000);
}

async function request(address, options) {
  try {
    const answer = await fetch(address, options);
    if (answer.redirected || answer.status === 401) throw new Error("signed out");
    if (answer.ok) return answer;
    toast((await answer.text()).trim() || document.body.dataset.broken);
  } catch {
    toast(document.body.dataset.lost);
  }
  return null;
}

// --- What one can do with an answer ----------------------------------------------------------------------

const acts = {
  async copy(link, place) {
    const answer = await request(`/conversations/${place}.json`);
    if (answer && (await copy(await answer.json()))) toast(drawer.dataset.copied);
  },
  async share(link, place) {
    const form = await request(`/conversations/${place}/share`);
    if (!form) return;
    showShare(await form.text());
    share.place = place;
    share.returnTo = link;
    share.showModal();
    share.querySelector("h2").focus();
  },
  next(link) {
    tell("inhouse:ask", link.textContent);
  },
  again(link) {
    tell("inhouse:ask", questionOf(link));
  },
  edit(link) {
    tell("inhouse:edit", questionOf(link));
  },
  helpful: (link, place) => vote(link, place, true),
  unhelpful: (link, place) => vote(link, place, false),
};

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function questionOf(link) {
  const heading = link.closest(".turn").querySelector(".question");
  return [...heading.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("");
}

// For a word processor with its layout, for everything else as plain text.
async function copy({ text, html }) {
  try {
    const kinds = { "text/plain": text, "text/html": html };
    const blobs = Object.entries(kinds).map(([kind, content]) => [kind, new Blob([content], { type: kind })]);
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
    return true;
  } catch {
    // not allowed, or not over HTTPS: the old way does it
  }
  const write = (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/plain", text);
    event.clipboardData.setData("text/html", html);
  };
  document.addEventListener("copy", write, { once: true });
  return document.execCommand("copy");
}

async function vote(link, place, helpful) {
  const address = `/conversations/${place}/feedback`;
  const said = await request(address, {
    method: "POST",
    body: JSON.stringify({ helpful }),
    headers: { "content-type": "application/json" },
  });
  if (!said) return;
  for (const each of link.closest(".acts").querySelectorAll(".vote")) {
    each.classList.toggle("is-said", each === link);
    each.setAttribute("aria-pressed", String(each === link));
  }
  const form = await request(`${address}?helpful=${helpful}`);
  if (!form) return;
  feedback.innerHTML = await form.text(); // made by ui/view
  feedback.returnTo = link;
  feedback.showModal();
  feedback.querySelector("h2").focus();
}

feedback.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const said = new FormData(form);
  const body = JSON.stringify({
    helpful: form.dataset.helpful === "true",
    reason: said.get("reason") ?? "",
    note: said.get("note") ?? "",
  });
  const kept = await request(form.dataset.to, { method: "POST", body, headers: { "content-type": "application/json" } });
  if (!kept) return; // what was written stays in the form
  feedback.close();
  toast(drawer.dataset.thanks);
});
feedback.addEventListener("click", (event) => {
  if (event.target === feedback || event.target.matches(".later")) feedback.close();
});
feedback.addEventListener("close", () => feedback.returnTo?.focus());

// --- Shown to colleagues, sent, saved --------------------------------------------------------------------

function showShare(html) {
  share.innerHTML = html; // made by ui/view
  const field = share.querySelector("input");
  if (field) field.value = location.origin + field.dataset.link;
  const mail = share.querySelector(".mail");
  const body = [mail.dataset.body, field?.value].filter(Boolean).join("\n\n");
  mail.href = `mailto:?subject=${encodeURIComponent(mail.dataset.subject)}&body=${encodeURIComponent(body)}`;
}

async function takeLink(address) {
  if (await copy({ text: address, html: `<a href="${address}">${address}</a>` })) toast(drawer.dataset.link);
}

share.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (event.target === share || button?.matches(".later")) return share.close();
  if (button?.matches(".take")) return takeLink(share.querySelector("input").value);
  if (button?.matches(".print")) {
    share.close();
    return print();
  }
  if (!button?.dataset.post) return;
  const done = await request(button.dataset.post, { method: "POST", body: "" });
  const form = done && (await request(`/conversations/${share.place}/share`));
  if (!form) return;
  showShare(await form.text());
  const taken = share.querySelector(".take");
  if (taken) await takeLink(share.querySelector("input").value);
  else toast(drawer.dataset.ended);
  (taken ?? share.querySelector(".send")).focus();
});
share.addEventListener("close", () => share.returnTo?.focus());

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#act/"]');
  if (!link) return;
  event.preventDefault();
  const [, name, ...place] = link.getAttribute("href").slice(1).split("/");
  acts[name]?.(link, place.join("/"));
});

// --- Kept conversations --------------------------------------------------------------------------------

let looking = null;

async function fill() {
  looking?.abort();
  looking = new AbortController();
  const answer = await fetch(`/conversations?search=${encodeURIComponent(search.value)}`, { signal: looking.signal })
    .catch((error) => (error.name === "AbortError" ? undefined : null));
  if (answer === undefined) return;
  if (!answer?.ok) list.textContent = document.body.dataset.lost;
  else list.innerHTML = await answer.text(); // made by ui/view
  const here = new URLSearchParams(location.search).get("c");
  const own = drawer.querySelector(".this");
  own.hidden = !here;
  if (here) own.href = `/conversations/${encodeURIComponent(here)}.md`;
  for (const item of list.querySelectorAll("[data-id]")) item.classList.toggle("is-here", item.dataset.id === here);
}

document.getElementById("open-history").addEventListener("click", () => {
  search.value = "";
  list.replaceChildren();
  drawer.showModal();
  fill();
});
search.addEventListener("input", fill);
drawer.addEventListener("click", async (event) => {
  if (event.target === drawer || event.target.closest(".shut")) return drawer.close();
  const item = event.target.closest("[data-id]");
  if (event.target.closest(".rename")) rename(item);
  if (event.target.closest(".copy-link")) takeLink(location.origin + event.target.closest(".copy-link").dataset.link);
  if (event.target.closest(".unshare") && (await request(`/conversations/${item.dataset.id}/unshare`, { method: "POST", body: "" }))) {
    toast(drawer.dataset.ended);
    fill();
  }
  if (event.target.closest(".forget") && confirmed(event.target, drawer.dataset.sure)) {
    const id = item.dataset.id;
    if (await request(`/conversations/${id}/forget`, { method: "POST", body: "" })) {
      if (id === new URLSearchParams(location.search).get("c")) return location.assign("/");
      fill();
    }
  }
  if (event.target.closest(".forget-all") && confirmed(event.target, drawer.dataset.sureAll)) {
    if (await request("/conversations/forget", { method: "POST", body: "" })) location.assign("/");
  }
});

// The first press asks, the second does it; anything else takes the question back.
function confirmed(button, question) {
  if (button.dataset.asked) return true;
  const before = [button.textContent, button.getAttribute("aria-label")];
  button.dataset.asked = "yes";
  button.textContent = question;
  button.removeAttribute("aria-label");
  button.addEventListener(
    "blur",
    () => {
      delete button.dataset.asked;
      button.textContent = before[0];
      if (before[1]) button.setAttribute("aria-label", before[1]);
    },
    { once: true },
  );
  button.focus();
  return false;
}

function rename(item) {
  const title = item.querySelector(".title");
  const box = Object.assign(document.createElement("input"), { value: title.textContent, className: "new-title", maxLength: 120 });
  box.setAttribute("aria-label", drawer.dataset.rename);
  item.replaceChildren(box);
  box.select();
  let left = false;
  const finish = async (save) => {
    if (left) return;
    left = true;
    if (save && box.value.trim()) {
      await request(`/conversations/${item.dataset.id}/title`, { method: "POST", body: box.value.trim() });
    }
    fill();
  };
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") finish(true);
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      finish(false);
    }
  });
  box.addEventListener("blur", () => finish(true));
}
