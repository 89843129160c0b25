// The fields of a form: those of the parameters of an operation, and those of its body.

import { WHICH, inPathOrder, label, takesText } from "./description.js";
import { makeField } from "./fields.js";
import { listAbove, listedField } from "./listed_field.js";
import { TYPE, isAboutSubject, subjectFields } from "./subject_field.js";

export const VERSION = "version";
export const CONFIRM = "confirm";
export const NOTE = "note"; // says why, with every correction: nothing that is there has one
const HIDDEN = new Set(["dry_run", "Idempotency-Key", "If-Match"]); // the page sends these by itself
const SCHEME = "scheme"; // of a term: the vocabulary that its path names
const NOTE_SCHEMA = { type: "string", maxLength: 1000, description: "Why, for the history." };

/** Adds to `fields`, one by one: `values` gives what those say, on which the lists and suggestions of the next depend. */
export function addParameterFields(fields, description, operation, values) {
  const isAbout = isAboutSubject(operation.parameters);
  const about = isAbout ? subjectFields(description, operation) : [];
  const others = operation.parameters.filter((each) => !HIDDEN.has(each.name) && !(isAbout && [TYPE, "slug"].includes(each.name)));
  fields.push(...about);
  for (const each of inPathOrder(others)) fields.push(parameterField(description, operation, values, each));
}

function parameterField(description, operation, values, parameter) {
  const isPath = parameter.in === "path";
  const reference = isPath && parameter.name === "slug" ? collectionOf(operation) : undefined;
  const schema = { ...parameter.schema, description: reference ? "Type words of its name, and choose it." : parameter.description };
  const title = reference ? WHICH : undefined;
  const required = parameter.required === true || parameter.name === CONFIRM;
  const list = isPath && !reference ? listAbove(description, operation, parameter) : null;
  if (list) {
    const context = { description, name: parameter.name, schema: { ...parameter.schema }, required, caption: label(parameter.name) };
    return Object.assign(listedField(context, list, values), { isPath });
  }
  return Object.assign(makeField(description, parameter.name, schema, { required, reference, title, values }), { isPath });
}

function collectionOf(operation) {
  const [, collection] = /^\/v1\/staff\/(.*?)\/\{slug\}/.exec(operation.path) ?? [];
  return collection;
}

/** Of a correction also a note, which is kept with every one. */
export function memberFields(description, operation, values) {
  if (operation.schema === null || takesText(operation)) return [];
  const { properties = {}, required = [] } = description.resolve(operation.schema);
  const isTerm = operation.path.includes("{vocabulary}");
  const names = Object.keys(properties).filter((name) => name !== VERSION && !(isTerm && name === SCHEME));
  const members = operation.isPatch && !(NOTE in properties) && operation.schema.$ref ? [...names, NOTE] : names;
  return members.map((name) => makeField(description, name, properties[name] ?? NOTE_SCHEMA, {
    required: (required.includes(name) && !operation.isPatch) || name === CONFIRM,
    reference: name === "into" ? collectionOf(operation) : undefined, values,
  }));
}
