// What a form is about, by its title: one field for two parameters of the path, the type of a resource and its slug.

import { moment } from "./dates.js";
import { WHICH, label } from "./description.js";
import { makeField } from "./fields.js";
import { nameOf } from "./suggestions.js";

export const TYPE = "resource_type";
const SLUG = "slug";
const HINT = "Type words of its name, and choose it from the list that appears.";

/** Of what can only be done with some. */
const OFFERED = { delete_resource: (subject) => !subject.public };

/** The parameters of such a path without those that the field stands for. */
export function isAboutSubject(parameters) {
  const names = parameters.filter((each) => each.in === "path").map((each) => each.name);
  return names.includes(TYPE) && names.includes(SLUG);
}

/** The field, and the one that it fills in beside it, which is not drawn. */
export function subjectFields(description, operation) {
  const type = operation.parameters.find((each) => each.name === TYPE);
  const types = description.resolve(type.schema).enum;
  const field = makeField(description, SLUG, { type: "string", description: HINT }, {
    title: WHICH, required: true, reference: sources(types, description), isOffered: OFFERED[operation.id],
  });
  const readReference = field.read;
  const parts = () => {
    const read = readReference() ?? "";
    const [, collection, slug] = /^([a-z-]+)\/([a-z0-9-]+)$/.exec(types.length === 1 && read !== "" ? `${types[0]}/${read}` : read) ?? [];
    return { collection, slug };
  };
  let typed = {}; // what was filled in by the page itself
  const chosen = () => (field.control.value === typed.slug ? typed : parts());
  const subject = { ...field, isPath: true, missingAdvice: HINT, read: () => chosen().slug };
  subject.write = (slug) => {
    typed = { ...typed, slug };
    field.write(slug);
  };
  subject.missing = () => (subject.read() === undefined ? [subject] : []);
  subject.settle = async () => subject.read() !== undefined || field.settle();
  subject.find = () => subject;
  const collection = {
    name: TYPE, caption: "Resource type", isPath: true, control: field.control, read: () => chosen().collection,
    write: (value) => { typed = { ...typed, collection: value }; }, missing: () => [], mark: () => {},
  };
  collection.find = () => collection;
  return [collection, subject];
}

/** Collections to look in: entries together, the others one by one. */
function sources(collections, description) {
  const entries = description.resolve(description.operations.get("publish_entry").parameters
    .find((each) => each.name === TYPE).schema).enum;
  const others = collections.filter((each) => !entries.includes(each));
  const own = collections.filter((each) => entries.includes(each));
  return [...(own.length === entries.length ? ["entries"] : own), ...others].join(" ");
}

export function isWithdrawnWithChanges(subject) {
  return subject.public?.state === "gone" && subject.state !== "withdrawn";
}

/** As: "A title: draft, version 2, changed by Ann Editor on 3 March 2027." */
export function describeSubject(subject) {
  const isWaiting = subject.public?.state === "live" && subject.state !== "published";
  const state = isWithdrawnWithChanges(subject) ? `withdrawn, with changes that wait (${label(subject.state).toLowerCase()})` : isWaiting ? `published, with changes that wait (${label(subject.state).toLowerCase()})` : subject.state && label(subject.state).toLowerCase();
  const parts = [state, `version ${subject.version}`];
  const by = subject.editor ? `, last changed by ${subject.editor} on ${moment(subject.updated_at)}` : "";
  return `You see: “${nameOf(subject)}”, ${parts.filter(Boolean).join(", ")}${by}.`;
}
