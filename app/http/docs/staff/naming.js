// What somebody typed as the name of something is looked up before anything is sent: it is taken where one thing is meant,
// and otherwise what is called so, or most like it, is offered.

import { make } from "./elements.js";
import { plainPanel, takeButton } from "./panels.js";

/** The first of the fields whose text names nothing that is known, or more than one thing. */
export async function unsettled(fields) {
  const settled = await Promise.all(fields.map(async (field) => (field.settle ? field.settle() : true)));
  return fields[settled.indexOf(false)];
}

/** What has these words, or is called most like them: each a button that takes it, and sends nothing. */
export async function namingPanel(form, field) {
  const typed = field.control.value.trim();
  const { isShared, found } = await field.known.near();
  const open = isShared ? "several have these words. Choose one:" : found.length ? "nothing is called so. Did you mean:" : "nothing is called so.";
  const buttons = found.map(([shown, reference]) => takeButton(shown, () => {
    field.known.take(shown, reference);
    form.look(field);
  }));
  const panel = plainPanel(`Nothing was sent. ${field.caption}, “${typed}”: ${open}`);
  if (buttons.length) panel.append(make("p", { class: "buttons" }, ...buttons));
  return panel;
}

/** How alike two texts are, from 0 to 1: by the pairs of letters that they share. */
export function likeness(one, other) {
  const [own, theirs] = [one, other].map(pairs);
  const shared = [...own].filter((pair) => theirs.has(pair)).length;
  return own.size + theirs.size === 0 ? 0 : (2 * shared) / (own.size + theirs.size);
}

function pairs(text) {
  const plain = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ");
  return new Set([...plain].slice(1).map((letter, place) => plain[place] + letter));
}
