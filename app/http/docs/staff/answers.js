// What was answered, in words first: what became of it, what can be done next, or what needs correcting; then the answer.

import { dashboard } from "./dashboard.js";
import { moment, withLocalTimes } from "./dates.js";
import { deliveriesPanel } from "./deliveries.js";
import { inState, label, withLabels } from "./description.js";
import { NOTHING, shown } from "./differences.js";
import { make } from "./elements.js";
import { changesPanel, stepsPanel } from "./history.js";
import { outcome, stateOf } from "./outcomes.js";
import { counted, panel, step, tableOf } from "./panels.js";
import { isWithdrawnWithChanges } from "./subject_field.js";
import { collectionOf, nameOf } from "./suggestions.js";

const NEXT = {
  draft: ["submit_entry", "publish_entry"],
  in_review: ["publish_entry", "return_entry"],
  published: ["withdraw_entry"],
  withdrawn: ["reinstate_entry"],
};
const NAMES = {
  submit_entry: "Ask for review", publish_entry: "Publish", return_entry: "Return", withdraw_entry: "Withdraw", unschedule_entry: "Cancel",
  reinstate_entry: "Reinstate", list_revisions: "History",
  list_term_revisions: "History", change_confidential: "Confidential notes",
};

const SOON = 60_000; // milliseconds: what is due by then is on its way
const UPDATE_STEPS = [["Preview", "preview_update"], ["Test it", "test_update"], ["Change", "change_update"], ["Send", "start_update"]];
const DONE = { 202: "Done: it is on its way.", 204: "Done: it is deleted. This cannot be undone." };

export function answerPanel(form, answer, isDry) {
  const body = answer.body;
  if (isDry) {
    const effects = (body?.effects ?? []).map(withLabels);
    return panel([`Checked: nothing was changed. ${effects.length ? "This is what it will do:" : "It would succeed."}`, ...effects, ...(body?.notices ?? [])], [], answer);
  }
  if (body?.refused_lines !== undefined) return subscribersPanel(body, answer);
  if (Array.isArray(body?.mine)) {
    const { lines, parts } = dashboard(body, (...parameters) => step(form, ...parameters), tableOf);
    return panel(lines, [], answer, ...parts);
  }
  if (body?.key?.startsWith?.("kb_")) return keyPanel(body, answer);
  if (isSubject(body)) return subjectPanel(form, body, answer);
  if (body?.changes && !Array.isArray(body.changes)) return changesPanel(form, body, answer);
  if (Array.isArray(body?.records)) return recordsPanel(form, body, answer);
  if (body?.counts && Array.isArray(body.results)) return countsPanel(body, answer);
  if (Array.isArray(body?.results)) return listPanel(form, body, answer);
  if (typeof body?.html === "string" && typeof body.text === "string") return previewPanel(form, body, answer);
  if (answer.fileName) return filePanel(answer);
  const isSeen = form.operation.method === "GET" && body;
  const done = outcome(form, body) ?? DONE[answer.status] ?? "Done.";
  return membersPanel(isSeen ? nameOf(body) || "What is stored:" : done, body ?? {}, answer, form.description);
}

/** What has no panel of its own: each member by its name. */
function membersPanel(headline, body, answer, description) {
  const rows = membersOf(body, description).filter(([, text]) => text !== NOTHING)
    .map(([name, text]) => make("tr", {}, make("th", { scope: "row" }, label(name)), make("td", {}, text)));
  return panel([headline], [], answer, rows.length ? tableOf("What is stored", ["What", "Value"], rows) : null);
}

/** In words, without addresses and numbers that are for programs. */
function membersOf(body, description) {
  const inWords = (name, value) => (name === "scopes" ? value.map((each) => description.wordsOf(each)) : name === "state" ? inState(value) : value);
  return Object.entries(body).filter(([name]) => name !== "links" && name !== "id").map(([name, value]) => [name, withLocalTimes(shown(inWords(name, value)))]);
}

/** A mail as its readers get it: its text, and its page in another tab; of an update also what can be done next. */
function previewPanel(form, body, answer) {
  const href = URL.createObjectURL(new Blob([body.html], { type: "text/html;charset=utf-8" }));
  const page = make("a", { href, target: "_blank", rel: "noopener" }, "See it as a page");
  const { number } = form.values();
  const next = form.operation.id === "preview_update" ? UPDATE_STEPS.slice(1) : [];
  return panel([`Subject: ${body.subject ?? "none"}`], [page, ...next.map(([text, id]) => step(form, text, id, { number }))], answer, make("pre", { tabIndex: 0, class: "mail" }, body.text));
}

function filePanel(answer) {
  const href = URL.createObjectURL(answer.blob);
  return panel(["The file is ready."], [make("a", { href, download: answer.fileName }, `Save ${answer.fileName}`)], answer);
}

function isSubject(body) {
  return body !== null && typeof body === "object" && "state" in body && "version" in body && "links" in body;
}

/** Of an update to subscribers: what becomes of it next. */
function updatePanel(form, body, answer) {
  const isDraft = body.state === "draft";
  const buttons = (isDraft ? UPDATE_STEPS : [["What became of it", "list_deliveries"]]).filter(([, id]) => id !== form.operation.id)
    .map(([text, id]) => step(form, text, id, isDraft ? { number: body.id } : { update: body.id, isAsked: true }));
  const isDue = body.state === "scheduled" && Date.parse(body.send_at) <= Date.now() + SOON;
  if (["scheduled", "sending"].includes(body.state)) buttons.unshift(step(form, "Cancel", "cancel_update", { number: body.id }));
  if (["cancelled", "missed"].includes(body.state)) buttons.unshift(step(form, "Send", "start_update", { number: body.id }));
  const more = body.state === "scheduled" && !isDue ? [`It will be sent on ${moment(body.send_at)}.`] : [];
  return panel([`“${body.subject}” is ${isDue ? "on its way" : stateOf(body)}, version ${body.version}.`, ...more], buttons, answer);
}

/** `Saved: “Title” is a draft, version 1.` */
function subjectPanel(form, body, answer) {
  const isSeen = form.operation.method === "GET";
  if (body.subject && !body.kind) return updatePanel(form, body, answer);
  const isWaiting = body.public?.state === "live" && body.state !== "published";
  const state = isWithdrawnWithChanges(body) ? "withdrawn, with changes that wait" : stateOf(body);
  const stands = isWaiting ? `your changes wait until they are published` : `“${nameOf(body)}” is ${state}`;
  const isSame = form.done?.version !== undefined && form.done.version === body.version;
  const told = isSame ? undefined : outcome(form, body);
  const headline = told ?? `${isSeen ? "" : isSame ? "Nothing to do: " : "Saved: "}${stands}, version ${body.version}.`;
  const more = [];
  if (isScheduled(body)) more.push(`It will be published on ${moment(body.publish_at)}. Until then it cannot be changed.`);
  if (body.publish_refused) more.push(`It could not be published at its time: ${body.publish_refused}`);
  if (body.conflict) more.push("The published version was changed after you began: compare the two before you publish.");
  more.push(...(body.notices ?? []));
  const missing = (body.missing ?? []).map((name) => label(name).toLowerCase());
  if (missing.length) more.push(`Before it can be published it needs: ${missing.join(", ")}.`);
  return panel([headline, ...more], steps(form, body), answer);
}

/** Whether it waits for a time at which it will be published. */
function isScheduled(body) {
  return Boolean(body.publish_at) && !body.publish_refused;
}

function steps(form, body) {
  if (!body.kind) return [];
  const collection = collectionOf(body);
  const values = { resource_type: collection, slug: body.slug };
  const state = body.public?.state === "gone" ? "withdrawn" : body.state;
  if (body.data?.scheme) Object.assign(values, { vocabulary: body.data.scheme });
  const isTerm = body.kind === "term";
  const next = isScheduled(body) ? ["unschedule_entry", "publish_entry"] : NEXT[state] ?? [];
  const ids = serves(form, "publish_entry", collection) ? next : [];
  const more = serves(form, "change_confidential", collection) ? ["change_confidential"] : [];
  const buttons = [...ids, ...more, isTerm ? "list_term_revisions" : "list_revisions"].filter((id) => form.description.operations.has(id) && id !== form.operation.id)
    .map((id) => step(form, NAMES[id], id, values));
  const seen = body.public?.state === "live" ? [make("a", { href: body.public.url, target: "_blank", rel: "opener" }, "See it")] : [];
  const edit = `edit_${body.kind}`;
  const correct = form.operation.id === edit || isScheduled(body) ? [] : [step(form, "Correct", edit, values)];
  return [...buttons, ...correct, ...seen];
}

/** Whether an operation serves resources of this collection. */
function serves(form, id, collection) {
  const parameter = form.description.operations.get(id).parameters.find((each) => each.name === "resource_type");
  return form.description.resolve(parameter.schema).enum.includes(collection);
}

/** Who subscribed, in numbers: to what, and how often they hear of it. */
function countsPanel(body, answer) {
  const inWords = (counts) => Object.entries(counts).map(([name, number]) => `${number} ${label(name).toLowerCase()}`).join(", ");
  const rows = body.results.map((each) => make("tr", {}, make("td", {}, each.title), make("td", {}, String(each.subscribers)),
    make("td", {}, inWords(each.frequencies))));
  return panel([`Subscribers: ${inWords(body.counts) || "none"}.`], [], answer,
    rows.length ? tableOf("Subscriptions", ["Subscribed to", "Subscribers", "How often"], rows) : null);
}

/** Of an import of subscribers: how many, and which lines were refused, and why. */
function subscribersPanel(body, answer) {
  const rows = Object.entries(body.refused).map(([line, why]) => make("tr", {}, make("th", { scope: "row" }, `Line ${line}`), make("td", {}, why)));
  const more = [`${body.present} here already, ${body.suppressed} suppressed, which are skipped; ${body.refused_lines} refused.`];
  return panel([`Added: ${body.imported}.`, ...more], [], answer,
    rows.length ? tableOf("Refused lines", ["Line", "Why"], rows) : null);
}

function keyPanel(body, answer) {
  const lines = [`The key of ${body.name} is ready. Copy it now: it is shown once.`];
  const shown = make("input", { readOnly: true, value: body.key, "aria-label": "The new key", class: "code" });
  return panel(lines, [shown], { ...answer, text: "" });
}

function listPanel(form, body, answer) {
  const count = body.meta?.count ?? body.results.length;
  if (form.operation.id === "list_deliveries" && body.results.every((each) => each.channel === "mail")) return deliveriesPanel(body, answer, count);
  if (body.results[0]?.action) return stepsPanel(form, body, answer, count);
  if (body.results.length && !body.results.some((each) => nameOf(each) || each.url)) return namelessPanel(body, answer, count, form.description);
  const rows = body.results.map((each) => {
    const open = opener(form, each) ?? nameOf(each) ?? each.url ?? each.id;
    const state = each.state ? inState(each.state).toLowerCase() : "";
    return make("tr", {}, make("td", {}, open instanceof Element ? open : String(open ?? "")),
      make("td", {}, state), make("td", {}, each.editor ?? each.actor ?? ""), make("td", {}, when(each)));
  });
  const table = tableOf("Results", ["What", "State", "Who", "When"], rows);
  return panel([counted(count, body.results.length)], [], answer, table);
}

/** Of what has no name, such as mails: a column for each member that any of them has. */
function namelessPanel(body, answer, count, description) {
  const found = body.results.map((each) => membersOf(each, description));
  const places = found[0].map((_, place) => place).filter((place) => found.some((each) => each[place][1] !== NOTHING));
  const columns = places.map((place) => label(found[0][place][0]));
  const rows = found.map((each) => make("tr", {}, ...places.map((place) => make("td", {}, each[place][1]))));
  return panel([counted(count, rows.length)], [], answer, tableOf("Results", columns, rows));
}

/** A button that opens what a row is about: its form, or what is read at its number. */
function opener(form, each) {
  if (each.kind && each.slug) {
    return step(form, nameOf(each), `edit_${each.kind}`, { slug: each.slug, resource_type: collectionOf(each), vocabulary: each.data?.scheme });
  }
  const id = form.operation.id.replace("list_", "get_").replace(/s$/, "");
  const known = form.description.operations.get(id);
  const name = known?.parameters.find((parameter) => parameter.in === "path")?.name;
  return known && each.id !== undefined ? step(form, nameOf(each) || String(each.id), id, { [name]: each.id }) : null;
}

function when(each) {
  const text = each.updated_at ?? each.at ?? each.created_at ?? each.checked_at;
  return text ? moment(text) : "";
}

/** Of an import: what would be made of each record, and what is there already. */
function recordsPanel(form, body, answer) {
  const rows = body.records.map((each) => {
    const same = (each.duplicates ?? []).map((other) => other.title ?? other.slug).join("; ");
    const newcomers = each.agents?.length ? [`New here: ${each.agents.map((agent) => nameOf(agent)).join(", ")}.`] : [];
    const why = [...newcomers, ...(each.reasons ?? []), ...(each.warnings ?? [])].map((reason) => reason.message ?? reason).join(" ");
    return make("tr", {}, make("td", {}, each.data?.title ?? `Record ${each.number}`),
      make("td", {}, label(each.outcome)), make("td", {}, same), make("td", {}, why));
  });
  const table = tableOf("Records", ["Title", "Outcome", "Here already", "Remarks"], rows);
  const fresh = body.records.filter((each) => each.outcome === "proposed").length;
  const create = fresh ? [make("button", { type: "button", onclick: () => form.again({ create: true }) }, `Create ${fresh === 1 ? "this draft" : `these ${fresh} drafts`}`)] : [];
  const made = body.records.filter((each) => each.outcome === "created")
    .map((each) => step(form, `Correct “${each.data?.title ?? each.slug}”`, `edit_${each.kind ?? "publication"}`, { slug: each.slug }));
  const words = fresh ? "Nothing is saved yet." : made.length ? `${made.length} created.` : "";
  return panel([`${body.records.length} read. ${words}`], [...create, ...made], answer, table);
}
