// Fields that are made of fields: the members of an object, and lists of such objects.

import { freshId, make } from "./elements.js";
import { grouped } from "./fields.js";

/** `context.items` is the schema of the items of a list; without it the field is one object. */
export function compoundField(context, makeField) {
  return context.items ? listField(context, makeField) : objectField(context, makeField);
}

function objectField(context, makeField, more = []) {
  const { properties, required = [] } = context.schema;
  const fields = Object.entries(properties).map(([name, schema]) => makeField(context.description, name, schema, {
    required: required.includes(name), values: context.values,
  }));
  const read = () => {
    const entries = fields.map((field) => [field.name, field.read()]).filter(([, value]) => value !== undefined);
    return entries.length ? Object.fromEntries(entries) : undefined;
  };
  const write = (value) => { for (const field of fields) field.write(value?.[field.name]); };
  const field = grouped(context, [...fields.map((each) => each.element), ...more], { read, write });
  field.missing = () => (context.required || read() !== undefined ? fields.flatMap((each) => each.missing()) : []);
  field.find = ([name, ...rest]) => fields.find((each) => each.name === name)?.find(rest) ?? field;
  return field;
}

/** One can be added and taken away. */
function listField(context, makeField) {
  const rows = make("div", {});
  const singular = context.caption.replace(/ies$/, "y").replace(/s$/, "");
  let fields = [];
  const add = (value) => {
    const remove = make("button", { type: "button", class: "quiet", onclick: () => take(field) }, `Remove this ${singular.toLowerCase()}`);
    const own = { ...context, items: undefined, schema: context.items, caption: singular, name: freshId(context.name), required: true };
    const field = objectField(own, makeField, [remove]);
    fields.push(field);
    rows.append(field.element);
    if (value) field.write(value);
    return field;
  };
  const take = (field) => {
    fields = fields.filter((each) => each !== field);
    field.element.remove();
    more.focus();
  };
  const more = make("button", {
    type: "button", class: "quiet", onclick: () => add().element.querySelector("input, select, textarea")?.focus(),
  }, `Add ${/^[AEIOU]/.test(singular) ? "an" : "a"} ${singular.toLowerCase()}`);
  const read = () => {
    const values = fields.map((field) => field.read()).filter((value) => value !== undefined);
    return values.length ? values : undefined;
  };
  const write = (values) => {
    for (const each of fields) each.element.remove();
    fields = [];
    for (const value of values ?? []) add(value);
  };
  const list = grouped(context, [rows, more], { read, write });
  list.missing = () => {
    const filled = fields.filter((field) => field.read() !== undefined);
    return context.required && filled.length === 0 ? [list] : filled.flatMap((field) => field.missing());
  };
  list.find = ([place, ...rest]) => fields.filter((field) => field.read() !== undefined)[Number(place)]?.find(rest) ?? list;
  return list;
}
