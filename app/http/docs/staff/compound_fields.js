// Fields that are made of fields: the members of an object, and lists of such objects.

import { freshId, make } from "./elements.js";
import { grouped, isTyped } from "./fields.js";

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

/** One can be added and taken away. What is written leaves alone what says so already, and what somebody has added and not
    filled in yet. */
function listField(context, makeField) {
  const rows = make("div", {});
  const singular = context.caption.replace(/ies$/, "y").replace(/s$/, "");
  let fields = [];
  const add = (value) => {
    const button = make("button", { type: "button", class: "quiet", onclick: () => take(field) }, `Remove this ${singular.toLowerCase()}`);
    const own = { ...context, items: undefined, schema: context.items, caption: singular, name: freshId(context.name), required: true };
    const field = objectField(own, makeField, [button]);
    fields.push(field);
    rows.append(field.element);
    if (value) field.write(value);
    return field;
  };
  const remove = (field) => {
    fields = fields.filter((each) => each !== field);
    field.element.remove();
  };
  const take = (field) => {
    remove(field);
    rows.dispatchEvent(new Event("input", { bubbles: true }));
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
    const left = fields.filter((each) => isTyped(each, undefined));
    const written = (values ?? []).map((value) => {
      const place = left.findIndex((each) => !isTyped(each, value));
      return place < 0 ? add(value) : left.splice(place, 1)[0];
    });
    for (const each of left) remove(each);
    fields = [...written, ...fields.filter((each) => !written.includes(each))];
    const focused = document.activeElement;
    for (const [place, { element }] of fields.entries()) if (rows.children[place] !== element) rows.insertBefore(element, rows.children[place]);
    if (rows.contains(focused)) focused.focus(); // which what is moved loses
  };
  const list = grouped(context, [rows, more], { read, write });
  list.missing = () => {
    const filled = fields.filter((field) => field.read() !== undefined);
    return context.required && filled.length === 0 ? [list] : filled.flatMap((field) => field.missing());
  };
  list.find = ([place, ...rest]) => fields.filter((field) => field.read() !== undefined)[Number(place)]?.find(rest) ?? list;
  return list;
}
