// What staff may name by its title or name: the page looks it up as they type, and sends what the service knows it by.

import { freshId, make } from "./elements.js";
import { tellApart } from "./namesakes.js";
import { likeness } from "./naming.js";
import { NoKey, request } from "./requests.js";
import { storedKey } from "./session.js";

const WAIT = 250; // milliseconds without typing
const FEW = 20;
const NEAREST = 3; // that are offered for a name that nothing has, if they are alike enough
const ALIKE = 0.4;
const STEM = 3; // letters of a word that is looked for as it begins
const SLUG = /^[a-z0-9-]+$/;
const REFERENCE = /^[a-z-]+\/[a-z0-9-]+$/;

/** `kinds` are collections, in which `{resource_type}` is whatever that parameter names. What is sent is
    `collection/slug`; the slug alone if it `isBare`, because the collection is known. Only what `isOffered` is found. */
export function suggestions(control, kinds, values, isBare, isOffered = () => true) {
  const id = freshId("suggestions");
  const element = make("datalist", { id });
  control.setAttribute("list", id);
  const known = new Map(); // by what is shown: the reference
  let timer = 0;
  control.addEventListener("input", () => {
    window.clearTimeout(timer);
    if (!known.has(control.value)) timer = window.setTimeout(() => lookUp(control.value.trim()), WAIT);
  });

  async function lookUp(text) {
    if (text.length < 2 || !storedKey()) return;
    const found = await Promise.all(kinds.map((kind) => find(kind, text, values(), isBare, isOffered)));
    const named = await Promise.all(found.flat().map((each, place, all) => toldApart(each, all)));
    if (control.value.trim() !== text) return; // something else was typed meanwhile
    known.clear();
    for (const { shown, reference } of named) known.set(shown, reference);
    element.replaceChildren(...[...known.keys()].map((shown) => make("option", { value: shown })));
    element.dataset.ready = text;
    if (known.has(control.value)) control.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** What stands for it: what is shown, or the only one that has these words. */
  function valueOf(text) {
    const isOnly = known.size === 1 && element.dataset.ready === text;
    return known.get(text) ?? (isOnly ? [...known.values()][0] : text);
  }

  /** Looks up at once what was typed; whether it says which one. A name in addresses is left to the service. */
  async function settle() {
    window.clearTimeout(timer);
    const text = control.value.trim();
    if (text === "" || valueOf(text) !== text) return true;
    if (!storedKey()) throw new NoKey("Paste your key first.");
    if (element.dataset.ready !== text) await lookUp(text);
    return valueOf(text) !== text || (known.size === 0 && (isBare ? SLUG : REFERENCE).test(text));
  }

  /** Those that have the words that were typed, if several have; otherwise those that are called most like them. */
  async function near() {
    const text = control.value.trim();
    if (known.size > 1) return { isShared: true, found: [...known] };
    const words = text.split(/[^\p{L}\p{N}]+/u).sort((one, other) => other.length - one.length).slice(0, NEAREST);
    const asked = new Set(words.filter((word) => word.length >= STEM).flatMap((word) => [word, word.slice(0, STEM)]));
    const found = await Promise.all([...asked].flatMap((word) => kinds.map((kind) => find(kind, word, values(), isBare, isOffered))));
    const unique = [...new Map(found.flat().map((each) => [each.reference, each])).values()]
      .map((each) => ({ ...each, likeness: likeness(each.shown, text) })).filter((each) => each.likeness >= ALIKE)
      .sort((one, other) => other.likeness - one.likeness).slice(0, NEAREST);
    const named = await Promise.all(unique.map((each, _, all) => toldApart(each, all)));
    return { isShared: false, found: named.map(({ shown, reference }) => [shown, reference]) };
  }

  /** What is shown of each of these references, with what tells it apart from the others. */
  function shownOf(references) {
    const [collection] = kinds.map((kind) => collectionIn(kind, values()));
    return Promise.all(references.map(async (reference) => {
      const answer = await request("GET", `/v1/staff/${reference.includes("/") ? reference : `${collection}/${reference}`}`);
      return answer.ok ? withDifference(nameOf(answer.body), answer.body) : reference;
    }));
  }

  /** Shows a resource by its name, where the page wrote its slug. */
  function show(subject) {
    const name = nameOf(subject);
    known.set(name, isBare ? subject.slug : `${collectionOf(subject)}/${subject.slug}`);
    control.value = name;
  }

  /** Writes what is shown of a reference, as if it had been chosen from the list. */
  function take(shown, reference) {
    known.set(shown, reference);
    control.value = shown;
    for (const name of ["input", "change"]) control.dispatchEvent(new Event(name, { bubbles: true }));
  }

  return { element, valueOf, settle, near, shownOf, show, take };
}

function collectionIn(kind, values) {
  return kind.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

async function find(kind, text, values, isBare, isOffered) {
  const collection = collectionIn(kind, values);
  if (collection === "" || /\/(\/|$)/.test(collection)) return [];
  const query = new URLSearchParams({ q: text, per_page: String(FEW) });
  const answer = await request("GET", `/v1/staff/${collection}?${query}`);
  if (!answer.ok) return [];
  return answer.body.results.filter(isOffered).map((each) => ({
    subject: each,
    shown: nameOf(each),
    reference: isBare ? each.slug : `${collectionOf(each)}/${each.slug}`,
  }));
}

/** What is shown of it says more where something else is shown so. */
async function toldApart(each, all) {
  const isShared = all.some((other) => other !== each && other.shown === each.shown);
  return isShared ? { ...each, shown: await withDifference(each.shown, each.subject) } : each;
}

async function withDifference(shown, subject) {
  return `${shown} (${await tellApart(subject)})`;
}

/** The title, name or label of a resource as staff see it. */
export function nameOf(subject) {
  const data = subject.data ?? subject;
  return data.title ?? data.name ?? data.label ?? data.subject ?? subject.slug ?? "";
}

/** The collection that the address of a resource names. */
export function collectionOf(subject) {
  return subject.links.self.split("/v1/staff/")[1].split("/").slice(0, -1).join("/");
}
