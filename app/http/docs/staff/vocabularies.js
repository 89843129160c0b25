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
  const lists = make("div", {});
  const boxes = [];
  let given = {}; // of which those stay that have no box: because the lists are on their way, or they are not public
  const read = () => {
    const chosen = {};
    for (const [scheme, slugs] of Object.entries(given)) {
      const own = boxes.filter((each) => each.scheme === scheme);
      const isDecided = own.some(({ box }) => box.type === "radio" && box.checked);
      const kept = isDecided ? [] : slugs.filter((slug) => !own.some(({ box }) => box.value === slug));
      if (kept.length) chosen[scheme] = kept;
    }
    for (const { scheme, box } of boxes) if (box.checked) (chosen[scheme] ??= []).push(box.value);
    const names = inOrder(Object.keys(chosen), Object.keys(given));
    return names.length ? Object.fromEntries(names.map((name) => [name, inOrder(chosen[name], given[name] ?? [])])) : undefined;
  };
  const write = (value) => {
    given = value ?? {};
    for (const { scheme, box } of boxes) box.checked = (given[scheme] ?? []).slice(box.type === "radio" ? -1 : 0).includes(box.value);
    for (const list of lists.children) list.update();
  };
  const own = { ...context, caption: context.title ?? context.caption, schema: {} };
  const field = grouped(own, [lists], { read, write });
  field.ready = vocabularies().then((all) => {
    lists.append(...all.map((each) => vocabularyList(context.isFilter ? { ...each, required: false, single: false } : each, boxes)));
    write(given);
  }, (error) => field.mark(error.message));
  return field;
}

/** What was chosen before keeps its order. */
function inOrder(slugs, before) {
  return [...before.filter((slug) => slugs.includes(slug)), ...slugs.filter((slug) => !before.includes(slug))];
}

function vocabularyList(vocabulary, boxes) {
  const title = vocabulary.required ? `${vocabulary.label} (needed before it is published)` : vocabulary.label;
  const summary = make("summary", {}, title);
  const own = vocabulary.terms.map((term) => {
    const box = make("input", { type: vocabulary.single ? "radio" : "checkbox", value: term.slug, id: freshId(term.slug) });
    if (vocabulary.single) box.name = `terms-${vocabulary.slug}`;
    boxes.push({ scheme: vocabulary.slug, box });
    return make("label", { class: "check", htmlFor: box.id }, box, term.label);
  });
  const element = make("details", { class: "vocabulary", onchange: () => element.update() }, summary, ...own);
  element.update = () => {
    const chosen = [...element.querySelectorAll("label")].filter((row) => row.firstChild.checked).map((row) => row.textContent);
    summary.textContent = chosen.length ? `${vocabulary.label}: ${chosen.join(", ")}` : title;
  };
  return element;
}
