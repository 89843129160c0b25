// Fields of forms, made from schemas. A field starts empty; `read` gives undefined for what was left empty, `missing` the
// fields that have to be filled in, and `find` the field at a path of names and positions.

import { compoundField } from "./compound_fields.js";
import { ZONE, moment, partialDate, readMoment } from "./dates.js";
import { label } from "./description.js";
import { folded, freshId, inline, make } from "./elements.js";
import { JsonFault, parseJson } from "./json_text.js";
import { isSame } from "./merge_patch.js";
import { suggestions } from "./suggestions.js";
import { vocabularyField } from "./vocabularies.js";

const PARTIAL_DATE = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$";
const LONG = 5000; // characters from which a text has several lines

/** `values` gives the parameters of the form, on which suggestions may depend. */
export function makeField(description, name, given, { required = false, title, reference, isOffered, values = () => ({}) } = {}) {
  const schema = description.resolve(given);
  const context = { description, name, schema, required, reference, isOffered, values, caption: title ?? label(name) };
  if (name === "terms" && schema.additionalProperties) return vocabularyField(context);
  if (name === "filters" && schema.additionalProperties) return vocabularyField({ ...context, title: "Only these terms", isFilter: true });
  if (schema.enum || schema.type === "boolean") return choiceField(context);
  if (schema.type === "array") return arrayField(context);
  if (schema.properties) return compoundField(context, makeField);
  if (schema.type === "string" || schema.type === "integer" || schema.type === "number") return textField(context);
  return jsonField(context);
}

/** Whether a field says something else than before; what cannot be read does. */
export function isTyped(field, before) {
  try {
    return !isSame(field.read(), before);
  } catch (error) {
    if (error instanceof JsonFault) return true;
    throw error;
  }
}

/** A field with a label, a hint and one control. */
export function controlled(context, control, { read, write, more = "" }) {
  const hint = hintOf(context, more);
  if (hint) control.setAttribute("aria-describedby", hint.id);
  const element = make("div", { class: "field" }, make("label", { htmlFor: control.id }, titleOf(context)), hint, control);
  return completed(context, element, control, read, write);
}

/** A field of several controls, in a fieldset. */
export function grouped(context, parts, { read, write, more = "" }) {
  const element = make("fieldset", { class: "field", id: freshId(context.name), tabIndex: -1 },
    make("legend", {}, titleOf(context)), hintOf(context, more), ...parts);
  return completed(context, element, element, read, write);
}

function completed(context, element, control, read, write) {
  const message = make("p", { class: "fault", hidden: true });
  element.append(message);
  const field = { name: context.name, caption: context.caption, isRequired: context.required, element, control, read };
  field.write = (value) => { if (isTyped(field, value)) write(value); }; // what says so already is left alone, and whoever types in it
  field.missing = () => (context.required && read() === undefined ? [field] : []);
  field.find = () => field;
  field.mark = (text) => {
    message.hidden = !text;
    message.textContent = text ?? "";
    if (text) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
  return field;
}

function titleOf(context) {
  return context.required ? `${context.caption} (required)` : context.caption;
}

function hintOf(context, more) {
  const described = context.schema.description;
  const isSaid = described?.replace(/\.$/, "").toLowerCase() === context.caption.toLowerCase();
  const text = [isSaid ? "" : described, more].filter(Boolean).join(" ");
  return text ? make("p", { id: freshId("hint"), class: "hint" }, ...inline(text)) : null;
}

/** Whether the collection of what is named is known, so that its slug is enough. */
function isBare(context) {
  const collections = context.reference ?? context.schema["x-reference"];
  return collections.includes("{") || (context.reference !== undefined && !collections.includes(" ") && collections !== "entries");
}

function textField(context) {
  const { schema, name } = context;
  const isLong = (schema.maxLength ?? 0) >= LONG || schema.contentMediaType !== undefined;
  const isMoment = schema.format === "date-time";
  const isDate = schema.pattern === PARTIAL_DATE;
  const isNumber = schema.type !== "string";
  const control = make(isLong ? "textarea" : "input", {
    id: freshId(name), type: isLong ? undefined : "text", rows: isLong ? 5 : undefined, inputMode: isNumber ? "numeric" : undefined, autocomplete: "off",
  });
  const kinds = (context.reference ?? schema["x-reference"] ?? "").split(" ").filter(Boolean);
  const known = kinds.length ? suggestions(control, kinds, context.values, isBare(context), context.isOffered) : null;
  const read = () => {
    const text = control.value.trim();
    if (text === "") return undefined;
    if (isMoment) return readMoment(text).value ?? text;
    if (isNumber) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    if (schema.format === "duration") return duration(text);
    if (isDate) return partialDate(text);
    return known ? known.valueOf(text) : text;
  };
  const write = (value) => { control.value = isMoment && value ? moment(value) : value ?? ""; };
  const more = schema.format === "duration" ? "As `12:30` in minutes and seconds, or `1:05:00` with hours." : isMoment ? `As \`14 March 2027, 9:00\`, in the time of ${ZONE}.`
    : isDate ? "As `2027`, `March 2027` or `14 March 2027`." : "";
  const field = controlled(context, control, { read, write, more });
  if (known) {
    field.element.append(known.element);
    field.known = known;
    if (context.reference) field.settle = known.settle;
  }
  if (isMoment) refuse(field, (text) => readMoment(text).fault);
  if (isNumber) refuse(field, (text) => (typeof read() === "number" ? undefined : `“${text}” is no number: write ${context.name.endsWith("_days") ? "a whole number of days, such as 365" : "it in digits, as 30"}.`));
  return field;
}

/** What cannot be read, as a moment or a number, is not sent; `faultOf` says of a text what is wrong. */
function refuse(field, faultOf) {
  const isEmpty = field.missing;
  const fault = () => (field.control.value.trim() === "" ? undefined : faultOf(field.control.value.trim()));
  field.missing = () => (fault() ? [field] : isEmpty());
  Object.defineProperty(field, "missingAdvice", { get: fault });
}

function duration(text) {
  const parts = /^(?:(\d+):)?(\d{1,2}):(\d{2})$/.exec(text);
  if (!parts) return text;
  const units = ["H", "M", "S"].map((unit, place) => [Number(parts[place + 1] ?? 0), unit]);
  return `PT${units.filter(([number]) => number).map(([number, unit]) => number + unit).join("") || "0S"}`;
}

function choiceField(context) {
  const isBoolean = context.schema.type === "boolean";
  const choices = isBoolean ? [["true", "Yes"], ["false", "No"]] : context.schema.enum.map((each) => [each, context.description.wordsOf(each)]);
  const options = [["", ""], ...choices].map(([value, text]) => make("option", { value }, text));
  const control = make("select", { id: freshId(context.name) }, ...options);
  const read = () => (control.value === "" ? undefined : isBoolean ? control.value === "true" : control.value);
  const write = (value) => { control.value = value === undefined || value === null ? "" : String(value); };
  return controlled(context, control, { read, write });
}

function arrayField(context) {
  const items = context.description.resolve(context.schema.items ?? {});
  if (items.enum) return checksField(context, items.enum);
  if (items.properties) return compoundField({ ...context, items }, makeField);
  if (items.type === "string" || items.type === "integer") return linesField(context, items.type === "integer");
  return jsonField(context);
}

function checksField(context, choices) {
  const boxes = choices.map((value) => make("input", { type: "checkbox", value, id: freshId("choice") }));
  const rows = boxes.map((box) => make("label", { class: "check", htmlFor: box.id }, box, context.description.wordsOf(box.value)));
  const read = () => {
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    return chosen.length ? chosen : undefined;
  };
  const write = (value) => { for (const box of boxes) box.checked = (value ?? []).includes(box.value); };
  return grouped(context, rows, { read, write });
}

function linesField(context, isNumber) {
  const control = make("textarea", { id: freshId(context.name), rows: 3 });
  const read = () => {
    const lines = control.value.split("\n").map((line) => line.trim()).filter(Boolean);
    return lines.length ? lines.map((line) => (isNumber ? Number(line) : line)) : undefined;
  };
  const write = (value) => {
    const typed = read() ?? [];
    const above = (value ?? []).slice(0, -typed.length);
    const isAbove = typed.length > 0 && above.length > 0 && isSame([...above, ...typed], value);
    if (isAbove) control.setRangeText(`${above.join("\n")}\n`, 0, 0, "preserve"); // the cursor stays where somebody types
    else control.value = (value ?? []).join("\n");
  };
  return controlled(context, control, { read, write, more: "One a line." });
}

/** For what has no fields of its own. `read` throws a JsonFault of this field. */
function jsonField(context) {
  const control = make("textarea", { id: freshId(context.name), rows: 6, class: "code", spellcheck: false });
  const read = () => (control.value.trim() === "" ? undefined : parseJson(control.value, field));
  const write = (value) => { control.value = value === undefined || value === null ? "" : JSON.stringify(value, null, 2); };
  const plain = controlled(context, control, { read, write, more: "As JSON." });
  const field = context.required ? plain : unfoldedByMark(plain);
  return field;
}

/** A field that is folded until something is wrong in it. */
function unfoldedByMark(field) {
  const element = folded(field.caption, field.element);
  const mark = (text) => {
    field.mark(text);
    if (text) element.open = true;
  };
  return { ...field, element, mark };
}
