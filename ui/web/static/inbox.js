// Uploading into the inbox, withdrawing from it, and how far its ingest is. The server decides anew, at
// each step, who may do what.

const EVERY_MS = 1_000;
const box = document.getElementById("inbox");
const said = box.querySelector(".said");
const bar = box.querySelector("progress");
const list = box.querySelector("ul");
const input = box.querySelector("input[type=file]");
const words = JSON.parse(box.dataset.words);

let next = 0;
let wasAtWork = false;
let problems = [];

const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name] ?? "");

function say(text, share = null) {
  if (said.textContent !== text) said.textContent = text;
  bar.hidden = share === null;
  if (share !== null) bar.value = share;
}

function row(upload) {
  const item = document.createElement("li");
  const name = Object.assign(document.createElement("span"), { textContent: upload.name });
  const by = Object.assign(document.createElement("span"), { className: "quiet", textContent: upload.by });
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: words.withdraw });
  button.setAttribute("aria-label", `${words.withdraw}: ${upload.name}`);
  button.addEventListener("click", () => withdraw(upload));
  item.append(name, by, button);
  return item;
}

function show(state) {
  const { run, uploads } = state;
  const key = JSON.stringify(uploads);
  if (list.dataset.key !== key) {
    list.dataset.key = key;
    list.replaceChildren(...uploads.map(row));
  }
  const isAtWork = run.state === "running" || run.state === "waiting";
  if (isAtWork) {
    const text = run.state === "waiting" ? words.waiting : run.total ? fill(words.running, run) : words.begins;
    say(text, run.total ? run.files / run.total : 0);
  } else if (wasAtWork || run.state === "failed" || problems.length) {
    const failed = run.failed.map((each) => `${each.name}: ${each.reason}`);
    say([...problems, run.problem || (wasAtWork ? words.done : ""), ...failed].filter(Boolean).join(" · "));
  }
  if (wasAtWork && !isAtWork) {
    document.dispatchEvent(new Event("inhouse:changed"));
    document.dispatchEvent(new Event("inhouse:again")); // the table
  }
  wasAtWork = isAtWork;
  clearTimeout(next);
  if (isAtWork) next = setTimeout(look, EVERY_MS);
}

async function request(address, options) {
  const answer = await fetch(address, options);
  if (answer.redirected || answer.status === 401) location.reload(); // signed out: to the form
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

async function look() {
  try {
    show(await request("/inbox"));
  } catch (error) {
    say(error.message);
  }
}

function send(file) {
  // fetch does not say how far an upload is.
  return new Promise((done, failed) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", `/inbox?${new URLSearchParams({ name: file.name, replace: "true" })}`);
    sending.upload.addEventListener("progress", (event) => say(fill(words.sending, file), event.loaded / event.total));
    sending.addEventListener("load", () =>
      sending.status === 201 ? done() : failed(new Error(`${file.name}: ${sending.responseText.trim()}`)),
    );
    sending.addEventListener("error", () => failed(new Error(`${file.name}: ${document.body.dataset.lost}`)));
    sending.send(file);
  });
}

async function upload(files) {
  problems = [];
  for (const file of files) {
    if (file.size > Number(box.dataset.limit)) {
      problems.push(fill(words.too_large, file));
      continue;
    }
    try {
      await send(file);
      wasAtWork = true;
    } catch (error) {
      problems.push(error.message);
    }
  }
  input.value = "";
  say(problems.join(" · "));
  await look();
}

async function withdraw(upload) {
  if (!confirm(fill(words.sure, upload))) return;
  problems = [];
  try {
    wasAtWork = true;
    show(await request(`/inbox/withdraw?${new URLSearchParams({ uri: upload.uri })}`, { method: "POST" }));
  } catch (error) {
    say(error.message);
  }
}

input.addEventListener("change", () => upload([...input.files]));
box.querySelector(".again").addEventListener("click", async () => {
  problems = [];
  try {
    wasAtWork = true;
    show(await request("/inbox/ingest", { method: "POST" }));
  } catch (error) {
    say(error.message);
  }
});
box.addEventListener("dragover", (event) => {
  event.preventDefault();
  box.classList.add("is-over");
});
box.addEventListener("dragleave", () => box.classList.remove("is-over"));
box.addEventListener("drop", (event) => {
  event.preventDefault();
  box.classList.remove("is-over");
  upload([...event.dataTransfer.files]);
});
look();
