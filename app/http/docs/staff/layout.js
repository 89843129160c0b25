// The order of the fields of a form: what most people fill in comes first, and what is rarely needed is folded.

import { make } from "./elements.js";

const FIRST = [
  "title", "name", "family", "given", "label", "subject", "summary", "definition", "introduction", "event_type", "start", "end", "place",
  "online", "nation", "issued", "venue", "terms", "contributors", "resources", "relations", "sections", "body",
];
const RARE = new Set([
  "slug", "alternative_titles", "language", "licence", "access", "access_source", "picture", "identifiers", "funding", "sources", "issn",
  "volume", "issue", "pages", "article_number", "publisher", "edition", "cover_date", "alternative_names", "alternative_labels",
  "hidden_labels", "related", "replaced_by", "position", "exact_match", "collection", "where",
]);
const LAST = ["note", "confirm"];
const FEW = 4; // fields of a form that needs no folding

/** The elements of the fields of a body, in order, with the rare ones folded; `unfold` opens what has something in it. */
export function laidOut(fields) {
  const order = (field) => (FIRST.includes(field.name) ? FIRST.indexOf(field.name) : FIRST.length + 1 + LAST.indexOf(field.name));
  const inOrder = [...fields].sort((one, other) => order(one) - order(other));
  const rare = fields.length > FEW ? inOrder.filter((field) => RARE.has(field.name) && !field.isRequired) : [];
  const shown = inOrder.filter((field) => !rare.includes(field));
  if (rare.length === 0) return { elements: shown.map((field) => field.element), unfold: () => {} };
  const more = make("details", { class: "more" }, make("summary", {}, "More about it: identifiers, licence, pages and so on"),
    ...rare.map((field) => field.element));
  if (!rare.some((field) => field.name === "identifiers")) more.firstChild.textContent = "More about it";
  const unfold = () => { if (rare.some((field) => field.control.hasAttribute("aria-invalid"))) more.open = true; };
  const last = shown.filter((field) => LAST.includes(field.name));
  const before = shown.filter((field) => !last.includes(field));
  return { elements: [...before, { element: more }, ...last].map((each) => each.element), unfold };
}
