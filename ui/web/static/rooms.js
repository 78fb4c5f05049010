// The rooms work without this; with it, a form that only filters shows its result as one types.

const TYPING_MS = 250;
let asked = 0;

async function show(form) {
  const number = ++asked;
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  const address = `${new URL(form.action).pathname}${query.size ? `?${query}` : ""}`;
  const results = document.getElementById("results");
  results.classList.add("updating");
  try {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("results");
    if (number !== asked) return; // something newer was typed meanwhile
    if (!answer.ok || !fresh) return location.assign(address); // signed out, or worse: say it in full
    results.replaceWith(fresh);
    document.querySelector(".tiles")?.replaceWith(page.querySelector(".tiles"));
    document.querySelector("#rooms .language")?.replaceWith(page.querySelector("#rooms .language"));
    history.replaceState(null, "", address);
  } catch {
    results.classList.remove("updating");
    document.dispatchEvent(new Event("inhouse:changed")); // says that the server is gone
  }
}

document.addEventListener("inhouse:again", () => {
  const form = document.querySelector("form[data-live]");
  if (form) show(form);
});

for (const form of document.querySelectorAll("form[data-live]")) {
  let waiting = 0;
  const later = (wait) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => show(form), wait);
  };
  form.addEventListener("input", (event) => event.target.matches("[type=search]") && form.dataset.live === "typing" && later(TYPING_MS));
  form.addEventListener("change", (event) => event.target.matches("select, [type=date]") && later(0));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    later(0);
  });
}
