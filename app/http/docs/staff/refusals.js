// Why something was refused, in words, with what can be done about it: each fault a link to its field, what somebody else
// did meanwhile to choose from, and buttons that lead to what was meant or to what is in the way.

import { withLocalTimes } from "./dates.js";
import { label, withLabels, writes } from "./description.js";
import { choices } from "./differences.js";
import { inline, make } from "./elements.js";
import { panel, step, takeButton } from "./panels.js";
import { SLUG, filled, request } from "./requests.js";
import { askForKey } from "./session.js";
import { collectionOf, nameOf } from "./suggestions.js";

const NAMED = /`([a-z]\w*)`/g; // a member, in a text of the service
const SECRET = { "confidential": true, "holds-a-key": true }; // refusals that do not repeat what was typed

/** Faults first, each a link to its field; then what can be done about the refusal. */
export async function refusalPanel(form, answer) {
  const problem = answer.body ?? {};
  if (answer.status === 412) return overtakenPanel(form, answer, problem);
  if (answer.status === 404) return panel([problem.detail ?? "There is nothing at this address."], await proposals(form, problem), answer);
  const faults = await Promise.all((problem.errors ?? []).map((error) => fault(form, error)));
  const count = faults.length === 1 ? "One thing needs correcting:" : `${faults.length} things need correcting:`;
  const lines = isElsewhere(form, problem) ? [`This cannot be done yet. ${count}`] : faults.length ? [`${writes(form.operation) ? "Nothing was saved" : "Nothing is shown"}. ${count}`] : advice(answer, problem);
  const list = faults.length ? make("ul", { class: "faults" }, ...faults) : null;
  return panel(lines, buttons(form, answer, problem), answer, list);
}

async function fault(form, error) {
  const [first, ...rest] = (error.pointer ?? "").split("/").slice(1).map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
  const name = first ?? error.parameter;
  const field = form.fields.find((each) => each.name === name)?.find(rest);
  const typed = field?.read();
  const quoted = typeof typed === "string" && SECRET[error.code] === undefined ? `“${typed}”: ` : "";
  const near = error.suggestion ? ` Did you mean “${error.suggestion}”?` : "";
  const message = error.message.replace(NAMED, (whole, member) => captionOf(form, member) ?? whole);
  const text = withLocalTimes(`${quoted}${message}${near}`);
  field?.mark(text);
  if (!field) return make("li", {}, ...inline(`${name ? `${label(name)}: ` : ""}${text}`));
  const link = make("a", { href: `#${field.control.id}`, onclick: (event) => { event.preventDefault(); field.control.focus(); } }, field.caption);
  const add = error.code === "unknown-name" && typeof typed === "string" && error.message.includes("person")
    ? make("button", { type: "button", class: "quiet", onclick: () => form.addPerson(typed) }, `Add “${typed}” as a new person`) : null;
  return make("li", {}, link, ": ", ...inline(text), " ", add, error.code === "ambiguous" && field.known ? await namesakes(form, field, error.allowed) : null);
}

/** A button for each of those that have the name, which takes it and sends the form once more. */
async function namesakes(form, field, references) {
  const shown = await field.known.shownOf(references);
  return make("p", { class: "buttons" }, ...references.map((reference, place) => takeButton(shown[place], () => {
    field.known.take(shown[place], reference);
    form.repeat();
  })));
}

/** What the form calls a member. */
function captionOf(form, member) {
  const caption = form.fields.find((field) => field.name === member)?.caption;
  return caption && `“${caption}”`;
}

function advice(answer, problem) {
  switch (answer.status) {
    case 401: return [`${problem.detail ?? "Your key is not valid."} Paste yours at the top of the page.`];
    case 403: return ["Your key may not do this.", problem.detail];
    case 429: return ["Too many requests: wait a minute.", problem.detail];
    default: return [problem.detail ?? problem.title ?? `The answer is ${answer.status}.`];
  }
}

function buttons(form, answer, problem) {
  if (answer.status === 401) return [make("button", { type: "button", onclick: askForKey }, "Paste another key")];
  if (isElsewhere(form, problem)) {
    const values = { resource_type: collectionOf(form.subject), slug: form.subject.slug };
    return [step(form, "Correct", `edit_${form.subject.kind}`, values)];
  }
  const other = /\/v1\/staff\/([a-z-]+)\/([^/]+)$/.exec(problem.other ?? "");
  const about = form.subject;
  if (answer.status === 409 && about?.publish_at && form.description.operations.has("unschedule_entry")) {
    return [step(form, "Cancel the time for publishing", "unschedule_entry", { resource_type: collectionOf(about), slug: about.slug })];
  }
  return other ? [step(form, "Open the other one", "get_staff_resource", { resource_type: other[1], slug: other[2] })] : [];
}

/** Whether it has to be corrected in the form that corrects what this one is about. */
function isElsewhere(form, problem) {
  const names = (problem.errors ?? []).map((error) => error.pointer?.split("/")[1]).filter(Boolean);
  const isHere = (name) => form.fields.some((field) => field.name === name);
  return !form.operation.isPatch && form.description.operations.has(`edit_${form.subject?.kind}`) && names.some((name) => !isHere(name));
}

/** Of a name that nothing has: a button for each that is near, which fills it in. */
export async function proposals(form, problem) {
  const near = (problem.errors ?? []).filter((each) => each.parameter === "slug").flatMap((each) => each.allowed ?? []);
  const titles = await Promise.all(near.map((slug) => titleOf(form, slug)));
  return near.map((slug, place) => takeButton(titles[place], () => form.take({ slug })));
}

async function titleOf(form, slug) {
  const path = form.operation.path.slice(0, form.operation.path.indexOf(SLUG) + SLUG.length);
  const answer = await request("GET", filled(path, { ...form.values(), slug }));
  return answer.ok ? nameOf(answer.body) : slug;
}

/** What was done meanwhile, and by whom; where both changed fields, each is chosen from the two. */
function overtakenPanel(form, answer, problem) {
  const lines = ["Nothing is saved yet, and nothing is lost.", withLabels(problem.detail ?? "")].filter(Boolean);
  const chosen = choices(problem, (name) => form.fields.find((field) => field.name === name)?.caption ?? label(name));
  const theirs = make("button", { type: "button", class: "quiet", onclick: () => form.takeTheirs() }, "Show it as it is now");
  if (!form.operation.isPatch) return panel(lines, [theirs], answer);
  if (chosen.count === 0) {
    const mine = make("button", { type: "button", onclick: () => form.keepMine() }, "Send mine once more");
    return panel([...lines, "Look at it as it is now, or send yours once more over it."], [mine, theirs], answer);
  }
  const open = make("p", { class: "fault", role: "alert" });
  const save = () => {
    const sides = chosen.read();
    open.textContent = sides ? "" : "Choose one of the two first.";
    if (sides) form.saveChosen(sides, problem.version);
  };
  const send = make("button", { type: "button", onclick: save }, "Save what is chosen");
  return panel([...lines, "Choose for each field; where only one of you changed it, that is chosen already."], [send, theirs], answer, chosen.element, open);
}
