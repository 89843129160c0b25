// A text that is sent as it is: pasted, or a file.

import { grouped } from "./fields.js";
import { freshId, make } from "./elements.js";

export function sourceField() {
  const text = make("textarea", { id: freshId("text"), rows: 10, class: "code", spellcheck: false });
  const file = make("input", { id: freshId("file"), type: "file", accept: ".bib,.ris,.nbib,.json,.csv,.xlsx,.txt" });
  const parts = [
    make("label", { htmlFor: text.id }, "Paste here"), text, make("label", { htmlFor: file.id }, "Or choose a file"), file,
  ];
  const read = () => file.files[0] ?? (text.value.trim() === "" ? undefined : text.value);
  const write = (value) => { text.value = value ?? ""; };
  const context = { name: "source", caption: "What to import", required: true, schema: {} };
  const field = grouped(context, parts, { read, write });
  field.control = text;
  field.payload = () => ({ body: read(), mediaType: "text/plain" });
  return field;
}
