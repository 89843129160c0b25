// The key: kept for this tab alone, shown to nobody, and put into words.

import { dayOf } from "./dates.js";

const ITEM = "key-of-staff";
export const WANTED = "key-wanted";

export function storedKey() {
  return sessionStorage.getItem(ITEM);
}

export function storeKey(key) {
  sessionStorage.setItem(ITEM, key);
}

export function forgetKey() {
  sessionStorage.removeItem(ITEM);
}

/** Lets the page ask for another key. */
export function askForKey() {
  window.dispatchEvent(new Event(WANTED));
}

/** As: "Key of Ann Editor: may write and publish entries, until 3 March 2027". */
export function describeKey(dashboard) {
  const allowed = abilities(dashboard.scopes.map((each) => each.scope));
  return `Key of ${dashboard.name}: ${allowed}, until ${dayOf(dashboard.expires_at)}.`;
}

function abilities(scopes) {
  const held = new Set(scopes);
  const verbs = [];
  if (held.has("entries:write")) verbs.push("write");
  if (held.has("entries:publish")) verbs.push("publish");
  const others = [
    ["vocabularies:write", "change terms"], ["agents:write", "change people and organisations"],
    ["imports:write", "import"], ["mailing:send", "send mail"], ["keys:manage", "manage keys"],
  ];
  for (const [scope, words] of others) if (held.has(scope)) verbs.push(words);
  if (verbs.length === 0) return "may read";
  const last = verbs.pop();
  return `may ${verbs.length ? `${verbs.join(", ")} and ${last}` : last}`;
}
