// A parameter of the path that is chosen from the list above it: a version, an update, an import, a key, a vocabulary.

import { moment } from "./dates.js";
import { inState, label } from "./description.js";
import { freshId, make } from "./elements.js";
import { controlled } from "./fields.js";
import { fieldNames, stepName } from "./history.js";
import { request } from "./requests.js";
import { storedKey } from "./session.js";
import { nameOf } from "./suggestions.js";

const OWN = "me"; // the key that the page uses
const VOCABULARIES = "/v1/staff/vocabularies";

/** The address of the list, if there is one; vocabularies share theirs with other resources. What the description lists
    itself is in none. */
export function listAbove(description, operation, parameter) {
  if (description.resolve(parameter.schema).enum) return null;
  const above = operation.path.slice(0, operation.path.indexOf(`/{${parameter.name}}`));
  return above === VOCABULARIES || description.document.paths[above]?.get ? above : null;
}

/** `values` gives the other parameters, on which the list may depend. */
export function listedField(context, path, values) {
  const control = make("select", { id: freshId(context.name) }, make("option", { value: "" }, ""));
  let wanted = "";
  let shown = null;
  const isNumber = context.schema.type === "integer";
  const read = () => (control.value === "" ? undefined : isNumber ? Number(control.value) : control.value);
  const write = (value) => {
    wanted = value === undefined || value === null ? "" : String(value);
    if (wanted && ![...control.options].some((each) => each.value === wanted)) {
      control.append(make("option", { value: wanted }, wanted));
    }
    control.value = wanted;
  };
  const field = controlled(context, control, { read, write });

  /** Reads the list once what it depends on is known. */
  field.load = async () => {
    const known = values();
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    if (!storedKey() || names.some((name) => known[name] === undefined)) return;
    const url = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(known[name]));
    if (url === shown) return;
    const isOfAnother = shown !== null;
    shown = url;
    const answer = await request("GET", url);
    if (url !== shown) return; // it depends on something else meanwhile
    const found = answer.ok ? answer.body.results : [];
    if (found[0]?.kind === "vocabulary") found.sort((one, other) => nameOf(one).localeCompare(nameOf(other)));
    const options = found.map((each) => make("option", { value: valueOf(each, context.name) }, describe(each)));
    if (url.endsWith("/keys")) options.unshift(make("option", { value: OWN }, "The key that you use now"));
    wanted = isOfAnother ? "" : control.value || wanted;
    control.replaceChildren(make("option", { value: "" }, ""), ...options);
    write(wanted);
  };
  control.addEventListener("focus", () => field.load());
  field.load();
  return field;
}

function valueOf(each, name) {
  return each[name] ?? (name === "vocabulary" ? each.slug : each.id);
}

function describe(each) {
  if (each.action) return revision(each);
  if (each.kind === "vocabulary") return nameOf(each);
  const parts = [nameOf(each) || each.format, each.state ? inState(each.state).toLowerCase() : null, each.written_by ?? each.actor];
  return [...parts, each.created_at ? moment(each.created_at) : null].filter(Boolean).join(", ");
}

/** As: "Version 2: changed by Ann Editor, 3 Mar 2027, 09:00 (title, summary)". */
function revision(each) {
  const few = each.action === "create" ? "" : fieldNames(each.fields.slice(0, 3));
  const fields = few && each.fields.length > 3 ? `${few} and ${each.fields.length - 3} more` : few;
  return `Version ${each.version}: ${stepName(each.action).toLowerCase()} by ${each.actor}, ${moment(each.at)}${fields ? ` (${fields})` : ""}`;
}
