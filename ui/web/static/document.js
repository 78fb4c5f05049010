// A document's own page, for editors: reads it in again or withdraws it, and says how far that is. The
// server decides anew, at each step, who may do what.

const EVERY_MS = 1_000;
const DONE = "inhouse-read-again"; // what was read in again, while its page is loaded anew
const tools = document.getElementById("document-tools");
const words = tools ? JSON.parse(tools.dataset.words) : {};
const said = tools?.querySelector(".said");

function say(text) {
  if (said.textContent !== text) said.textContent = text;
}

async function request(address, options) {
  const answer = await fetch(address, options);
  if (answer.redirected || answer.status === 401) location.reload(); // signed out: to the form
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return (await answer.json()).run;
}

function confirmed(id) {
  const dialog = document.getElementById(id);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

async function finished(run) {
  while (run.state === "running" || run.state === "waiting") {
    const progress = words.running.replace(/{(\w+)}/g, (_, name) => run[name] ?? "");
    say(run.state === "waiting" ? words.waiting : run.total ? progress : words.begins);
    await new Promise((done) => setTimeout(done, EVERY_MS));
    run = await request("/inbox");
  }
  if (run.problem) throw new Error(run.problem);
}

async function act(button) {
  const { post, sure, then } = button.dataset;
  if (sure && !(await confirmed(sure))) return;
  const buttons = [...tools.querySelectorAll("button")];
  for (const each of buttons) each.disabled = true;
  try {
    await finished(await request(post, { method: "POST" }));
    if (then) return location.assign(then);
    sessionStorage.setItem(DONE, post);
    location.reload();
  } catch (error) {
    say(error instanceof TypeError ? document.body.dataset.lost : error.message);
    for (const each of buttons) each.disabled = false;
  }
}

const again = tools?.querySelector("button[data-post]");
if (again && sessionStorage.getItem(DONE) === again.dataset.post) {
  say(words.done);
  again.focus();
}
sessionStorage.removeItem(DONE);

tools?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-post]");
  if (button) act(button);
});
