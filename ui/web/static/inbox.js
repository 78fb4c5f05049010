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
let uploads = [];

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
  item.append(name, by);
  if (upload.state && upload.state !== "indexed") {
    const reason = [words.states[upload.state], upload.reason].filter(Boolean).join(words.colon);
    const again = Object.assign(document.createElement("button"), { type: "button", textContent: words.again });
    again.setAttribute("aria-label", `${words.again}: ${upload.name}`);
    again.addEventListener("click", () => ingest({ uri: upload.uri }));
    item.append(Object.assign(document.createElement("span"), { className: `state-tag state-${upload.state}`, textContent: reason }), again);
  }
  if (upload.is_closed) {
    item.append(Object.assign(document.createElement("span"), { className: "state-tag state-partial closed", textContent: words.closed }));
  }
  item.append(button);
  return item;
}

// The answer to a question in a dialog: the value of the button, or nothing.
function choose(id, text) {
  const dialog = document.getElementById(id);
  dialog.querySelector("p").textContent = text;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue), { once: true }));
}

function show(state) {
  const { run } = state;
  uploads = state.uploads;
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
    const failed = run.failed.map((each) => [each.name, each.reason].join(words.colon));
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

function send(file, name, replace) {
  // fetch does not say how far an upload is.
  return new Promise((done, failed) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", `/inbox?${new URLSearchParams({ name, replace })}`);
    sending.upload.addEventListener("progress", (event) => say(fill(words.sending, { name }), event.loaded / event.total));
    sending.addEventListener("load", () => {
      if (sending.status === 201 || sending.status === 409) done(sending.status === 201);
      else failed(new Error(`${name}: ${sending.responseText.trim()}`));
    });
    sending.addEventListener("error", () => failed(new Error(`${name}: ${document.body.dataset.lost}`)));
    sending.send(file);
  });
}

// Whether it was taken. A file of the same name is replaced only if that was said of this one.
async function take(file) {
  let { name } = file;
  let n = 1;
  while (!(await send(file, name, false))) {
    const [, stem, ending] = /^(.*?)(\.[^.]*)?$/s.exec(file.name);
    if (n === 1) {
      const other = uploads.find((each) => each.name === name);
      const answer = await choose("inbox-replace", fill(other ? words.there : words.there_too, { name, by: other?.by }));
      if (answer === "yes") return send(file, name, true);
      if (answer !== "both") return false;
    }
    name = `${stem} (${(n += 1)})${ending ?? ""}`;
  }
  return true;
}

async function upload(files) {
  problems = [];
  for (const file of files) {
    if (file.size > Number(box.dataset.limit)) {
      problems.push(fill(words.too_large, file));
      continue;
    }
    try {
      if (await take(file)) wasAtWork = true;
    } catch (error) {
      problems.push(error.message);
    }
  }
  input.value = "";
  say(problems.join(" · "));
  await look();
}

async function withdraw(upload) {
  if ((await choose("inbox-sure", fill(words.sure, upload))) !== "yes") return;
  problems = [];
  try {
    wasAtWork = true;
    show(await request(`/inbox/withdraw?${new URLSearchParams({ uri: upload.uri })}`, { method: "POST" }));
  } catch (error) {
    say(error.message);
  }
}

input.addEventListener("change", () => upload([...input.files]));
async function ingest(what = {}) {
  problems = [];
  try {
    wasAtWork = true;
    show(await request(`/inbox/ingest?${new URLSearchParams(what)}`, { method: "POST" }));
  } catch (error) {
    say(error.message);
  }
}
box.querySelector(".again").addEventListener("click", () => ingest());
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
