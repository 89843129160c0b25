// What two people made of the same version, field by field, to choose from: both are kept until somebody has chosen.

import { label } from "./description.js";
import { freshId, make } from "./elements.js";
import { isSame } from "./merge_patch.js";

const SIDES = [["yours", "Mine"], ["theirs", "Theirs"]];
const BEFORE = "ancestor";
/** What is shown of what is empty. */
export const NOTHING = "nothing";

/** The choices as an element, and `read`, which gives the chosen side by the names of the fields; null while one is to be
    chosen still, which is then focused. `problem` says what differs; what is too long for it is `omitted`. */
export function choices(problem, captionOf) {
  const found = Object.entries(problem.differences ?? {}).filter(([, each]) => !isSame(each.yours, each.theirs));
  const rows = [...found, ...(problem.omitted ?? []).map((name) => [name, null])].map(([name, each]) => row(name, each, captionOf(name)));
  const read = () => {
    const open = rows.find((each) => each.read() === null);
    open?.focus();
    return open ? null : Object.fromEntries(rows.map((each) => [each.name, each.read()]));
  };
  return { count: rows.length, element: make("div", {}, ...rows.map((each) => each.element)), read };
}

/** Where only one of the two changed it, theirs or mine is chosen already. */
function row(name, values, caption) {
  const group = freshId(name);
  const boxes = SIDES.map(([side]) => make("input", { type: "radio", name: group, value: side, id: freshId(side) }));
  const told = SIDES.map(([side, whose], place) => make("label", { class: "check", htmlFor: boxes[place].id }, boxes[place],
    `${whose}: ${values ? shown(values[side]) : "too long to be shown here"}`));
  const before = values ? make("p", { class: "hint" }, `Before: ${shown(values[BEFORE])}`) : null;
  if (values) {
    const changed = SIDES.map(([side]) => !isSame(values[side], values[BEFORE]));
    boxes.forEach((box, place) => { box.checked = changed[place] && !changed[1 - place]; });
  }
  const element = make("fieldset", { class: "field" }, make("legend", {}, caption), make("div", { class: "sides" }, ...told), before);
  return { name, element, read: () => boxes.find((box) => box.checked)?.value ?? null, focus: () => boxes[0].focus() };
}

/** A value in words: without braces, and with the names of what has names. */
export function shown(value) {
  if (value === undefined || value === null || value === "" || value.length === 0) return NOTHING;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(shown).join("; ");
  if (typeof value !== "object") return /^[A-Z][a-z]+[A-Z][A-Za-z]+$/.test(value) ? label(value) : String(value); // a relation
  const parts = Object.entries(value).filter(([, each]) => each !== null);
  return parts.length ? parts.map(([name, each]) => (Array.isArray(each) ? `${name}: ${each.map(shown).join(", ")}` : shown(each))).join(", ") : NOTHING;
}
