// The page of staff: the key, what can be done, and the form of what was chosen.

import { Description } from "./description.js";
import { make } from "./elements.js";
import { OperationForm } from "./forms.js";
import { request } from "./requests.js";
import { WANTED, describeKey, forgetKey, storeKey, storedKey } from "./session.js";

const keyForm = document.getElementById("key-form");
const keyInput = document.getElementById("key");
const keyStatus = document.getElementById("key-status");
const forget = document.getElementById("forget");
const search = document.getElementById("search");
const tasks = document.getElementById("tasks");
const work = document.getElementById("work");
const another = make("p", {}, make("a", { href: "#search", onclick: (event) => {
  event.preventDefault();
  search.focus();
  search.select();
} }, "Find another task"));
let description = null;
let current = null;

async function checkKey() {
  const key = storedKey();
  const answer = await request("GET", "/v1/staff").catch((error) => ({ ok: false, body: { detail: error.message } }));
  if (storedKey() !== key) return; // another one was pasted meanwhile
  const isWrong = !answer.ok && answer.status === 401;
  if (isWrong) forgetKey();
  keyStatus.textContent = answer.ok ? describeKey(answer.body)
    : answer.body?.detail ?? (isWrong ? "This key is not valid." : `The key cannot be checked (${answer.status}).`);
  keyStatus.classList.toggle("fault", !answer.ok);
  keyForm.hidden = answer.ok;
  forget.hidden = !answer.ok;
}

keyForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = keyInput.value.trim();
  keyInput.value = "";
  if (given === "") {
    keyStatus.textContent = "Paste your key. It begins with kb_.";
    return;
  }
  storeKey(given);
  await checkKey();
  if (document.activeElement === document.body || keyForm.contains(document.activeElement)) (forget.hidden ? keyInput : search).focus();
});

function askForKey(words) {
  forgetKey();
  keyForm.hidden = false;
  forget.hidden = true;
  keyStatus.textContent = words;
  keyInput.focus();
}

forget.addEventListener("click", () => askForKey("The key is forgotten."));
window.addEventListener(WANTED, () => askForKey("Paste another key."));

function link(operation) {
  return make("li", {}, make("a", { href: `#${operation.id}`, onclick: (event) => {
    event.preventDefault();
    open(operation.id);
  } }, operation.summary));
}

function drawTasks() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text) => words.every((word) => text.toLowerCase().includes(word));
  const all = [...description.operations.values()];
  // The title of a task as it was typed; then words of its title and its group; then any words that are said of it.
  const ways = [
    (each) => words.length > 1 && `${each.summary} `.toLowerCase().includes(words.join(" ")),
    (each) => has(`${each.summary} ${each.group}`),
    (each) => has(`${each.summary} ${each.group} ${each.description}`),
  ];
  const isFound = ways.find((way) => all.some(way)) ?? ways[0];
  const groups = description.groups().map((group) => {
    const shown = group.shown.filter(isFound);
    const more = group.folded.filter(isFound);
    if (shown.length + more.length === 0) return null;
    const rest = make("details", { open: words.length > 0 }, make("summary", {}, "More"), make("ul", {}, ...more.map(link)));
    return make("section", {}, make("h3", {}, group.name), make("ul", {}, ...shown.map(link)), more.length ? rest : null);
  }).filter(Boolean);
  tasks.replaceChildren(...(groups.length ? groups : [make("p", {}, "Nothing is called so.")]));
}

/** Opens the form of an operation; what was written and not sent is not thrown away without a question. */
async function open(id, values = {}, { isBack = false } = {}) {
  const operation = description.operations.get(id);
  if (!operation || (current?.isChanged && !window.confirm("Leave this form? What you wrote was not sent."))) return;
  current = new OperationForm(description, operation, open);
  work.replaceChildren(current.element, another);
  if (!isBack) window.history.pushState(null, "", `#${id}`);
  const filled = current.fill(values);
  current.focus(); // at once: what is typed while the rest is on its way is not interrupted
  await filled;
}

function openAddressed() {
  const id = window.location.hash.slice(1);
  if (id && id !== current?.operation.id) open(id, {}, { isBack: true });
}

search.addEventListener("input", drawTasks);
search.form.addEventListener("submit", (event) => {
  event.preventDefault();
  const links = [...tasks.querySelectorAll("a")];
  (links.find((each) => !each.closest("details")) ?? links[0])?.click(); // what is rare comes last
});
window.addEventListener("popstate", openAddressed);
window.addEventListener("beforeunload", (event) => {
  if (current?.isChanged) event.preventDefault();
});

async function begin() {
  try {
    description = await Description.load("../openapi/staff.json");
  } catch (error) {
    work.replaceChildren(make("p", { class: "fault", role: "alert" }, error.message));
    return;
  }
  drawTasks();
  if (storedKey()) await checkKey();
  openAddressed();
}

begin();
