// Terms by their labels: a list to choose from for each vocabulary. An untouched list assigns nothing.

import { freshId, make } from "./elements.js";
import { grouped } from "./fields.js";
import { publicJson } from "./requests.js";

const PAGE = 100;
let loaded = null;

/** Every vocabulary that entries may carry, with all its terms; read once. */
function vocabularies() {
  loaded ??= load();
  return loaded;
}

/** Terms were changed: what is drawn from now on reads them anew. */
export function forgetVocabularies() {
  loaded = null;
}

async function load() {
  const found = await publicJson(`/v1/vocabularies?per_page=${PAGE}`);
  const carried = found.results.filter((each) => !each.synonym_rings);
  return Promise.all(carried.map(async (each) => ({ ...each, terms: await terms(`/v1/${each.collection}?per_page=${PAGE}`) })));
}

async function terms(first) {
  const found = [];
  for (let url = first; url;) {
    const page = await publicJson(url);
    found.push(...page.results);
    url = page.links.next;
  }
  return found.sort((one, other) => one.label.localeCompare(other.label));
}

export function vocabularyField(context) {
  const elements = make("div", {});
  let lists = [];
  let given = {}; // of which those of a vocabulary stay that has no list, or none yet
  const read = () => {
    const unread = Object.entries(given).filter(([scheme]) => !lists.some((list) => list.slug === scheme));
    const own = lists.map((list) => [list.slug, list.read()]).filter(([, slugs]) => slugs.length);
    const chosen = Object.fromEntries([...unread, ...own]);
    const names = inOrder(Object.keys(chosen), Object.keys(given));
    return names.length ? Object.fromEntries(names.map((name) => [name, inOrder(chosen[name], given[name] ?? [])])) : undefined;
  };
  const write = (value) => {
    given = value ?? {};
    for (const list of lists) list.write(given[list.slug] ?? []);
  };
  const own = { ...context, caption: context.title ?? context.caption, schema: {} };
  const field = Object.assign(grouped(own, [elements], { read, write }), { write }); // also where it says so: rows go with their terms
  field.ready = vocabularies().then((all) => {
    lists = all.map((each) => vocabularyList(context.isFilter ? { ...each, required: false, single: false } : each));
    elements.append(...lists.map((list) => list.element));
    write(given);
  }, (error) => field.mark(error.message));
  return field;
}

/** What was chosen before keeps its order. */
function inOrder(slugs, before) {
  return [...before.filter((slug) => slugs.includes(slug)), ...slugs.filter((slug) => !before.includes(slug))];
}

/** The terms of one vocabulary. A term that an entry has and the list lacks has a row while that entry is shown. */
function vocabularyList(vocabulary) {
  const { slug, label, single, terms } = vocabulary;
  const title = vocabulary.required ? `${label} (needed before it is published)` : label;
  const summary = make("summary", {}, title);
  const row = (value, caption) => {
    const box = make("input", { type: single ? "radio" : "checkbox", value, id: freshId(value) });
    if (single) box.name = `terms-${slug}`;
    return { box, caption, element: make("label", { class: "check", htmlFor: box.id }, box, caption) };
  };
  const known = terms.map((term) => row(term.slug, term.label));
  let unlisted = [];
  const chosen = () => [...known, ...unlisted].filter(({ box }) => box.checked);
  const update = () => {
    const captions = chosen().map(({ caption }) => caption);
    summary.textContent = captions.length ? `${label}: ${captions.join(", ")}` : title;
  };
  const element = make("details", { class: "vocabulary", onchange: update }, summary, ...known.map((each) => each.element));
  const write = (slugs) => {
    for (const each of unlisted) each.element.remove();
    unlisted = slugs.filter((each) => !known.some(({ box }) => box.value === each)).map((each) => row(each, `${each} (not in this list)`));
    element.append(...unlisted.map((each) => each.element));
    for (const { box } of [...known, ...unlisted]) box.checked = slugs.slice(single ? -1 : 0).includes(box.value);
    update();
  };
  return { slug, element, write, read: () => chosen().map(({ box }) => box.value) };
}
