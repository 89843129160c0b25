// What was done, version by version, and what differs between two of them: in words, with long lists folded.

import { moment } from "./dates.js";
import { label } from "./description.js";
import { NOTHING, shown } from "./differences.js";
import { folded, make } from "./elements.js";
import { panel, step, tableOf } from "./panels.js";
import { nameOf } from "./suggestions.js";

const STEPS = {
  create: "Created", edit: "Changed", submit: "Submitted for review", return: "Returned", publish: "Published", schedule: "Scheduled",
  unschedule: "Time for publishing taken back", withdraw: "Withdrawn", reinstate: "Reinstated", discard: "Changes thrown away",
  restore: "Restored", merge: "Merged", rename: "Brought up to date", rebuild: "Rebuilt",
  update: "Changed", delete: "Deleted",
};
const FEW = 5; // fields that are shown at once
const SHORT = 240; // characters of them

/** As: "Created". */
export function stepName(action) {
  return STEPS[action] ?? label(action);
}

/** Names of fields as the forms have them. */
export function fieldNames(names) {
  return names.map((name) => label(name).toLowerCase()).join(", ");
}

/** Of a history: who did what, when and why; each version can be looked at and brought back. */
export function stepsPanel(form, body, answer, count) {
  const isOfOne = form.operation.parameters.some((each) => each.in === "path" && each.name === "slug");
  const restore = form.operation.id.replace("list_", "restore_").replace(/s$/, "");
  const rows = body.results.map((each, place) => {
    const values = { ...form.values(), version: each.version };
    const isOld = isOfOne && place > 0 && form.description.operations.has(restore);
    return make("tr", {},
      make("td", {}, isOfOne ? `Version ${each.version}` : each.label ?? each.slug ?? ""),
      make("td", {}, stepName(each.action)), make("td", {}, each.actor), make("td", {}, moment(each.at)),
      make("td", {}, ...changed(each)), make("td", {}, each.note ?? ""),
      make("td", {}, isOld ? step(form, "Restore", restore, values, `Restore version ${each.version}`) : ""));
  });
  return panel([`${count} step${count === 1 ? "" : "s"}${body.results.length < count ? `, the last ${body.results.length} shown` : ""}.`], [], answer,
    tableOf("History", ["What", "Step", "Who", "When", "Changed", "Why", ""], rows));
}

/** What each field said before, and says now, folded where that is long; of what was new its title, with the fields
    folded. */
function changed(each) {
  const fields = each.fields ?? [];
  const made = each.action === "create" ? nameOf(Object.fromEntries(Object.entries(each.changes ?? {}).map(([name, change]) => [name, change.new]))) : "";
  const lines = fields.map((name) => line(name, each.changes?.[name], made));
  const isFew = fields.length <= FEW;
  const isShort = isFew && lines.join("").length <= SHORT;
  const drawn = lines.map((text) => make("div", {}, text));
  if (!made && isShort) return drawn;
  const list = folded(isFew && !made ? fieldNames(fields) : `${fields.length} field${fields.length === 1 ? "" : "s"}`, ...drawn);
  return made ? [`“${made}”`, list] : [list];
}

/** As: "Title: before: A tpyo; now: A typo"; without the words where they are not kept. */
function line(name, change, isNew) {
  if (!change) return label(name);
  return isNew ? `${label(name)}: ${shown(change.new)}` : `${label(name)}: before: ${shown(change.old)}; now: ${shown(change.new)}`;
}

/** Of two versions: what each field said before, and says now; of an old one also all that was said then, and how it is
    brought back. */
export function changesPanel(form, body, answer) {
  const found = Object.entries(body.changes).map(([name, change]) => [label(name), shown(change.old), shown(change.new)]);
  const rows = found.filter(([, before, after]) => before !== after).map((cells) => make("tr", {}, ...cells.map((text) => make("td", {}, text))));
  const stands = body.action ? `Version ${body.version}: ${stepName(body.action).toLowerCase()} by ${body.actor} on ${moment(body.at)}.`
    : rows.length ? `${rows.length} field${rows.length === 1 ? " differs" : "s differ"} from what is published.` : "Nothing differs from what is published.";
  const columns = body.action ? ["Field", "Before", "After"] : ["Field", "Published", "Not published yet"];
  const differing = rows.length ? tableOf("What differs", columns, rows) : null;
  if (!body.data) return panel([stands], [], answer, differing);
  const said = Object.entries(body.data).map(([name, value]) => [name, shown(value)]).filter(([, text]) => text !== NOTHING)
    .map(([name, text]) => make("tr", {}, make("th", { scope: "row" }, label(name)), make("td", {}, text)));
  const restore = form.operation.id.replace("get_", "restore_");
  return panel([stands, ...(differing ? [] : ["It changed no field."])], [step(form, "Restore", restore, form.values(), `Restore version ${body.version}`)], answer,
    differing, make("h3", {}, "All that was said then"), tableOf("All that was said then", ["Field", "What it said"], said));
}
