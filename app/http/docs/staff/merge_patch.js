// A correction says what is to become of each member that was changed (JSON Merge Patch, RFC 7396).

/** Whether two values say the same: a member that is null, an empty text or an empty list says nothing. */
export function isSame(one, other) {
  const isNothing = (each) => each === null || each === "" || (Array.isArray(each) && each.length === 0);
  const text = (value) => JSON.stringify(value, (_, each) => (isNothing(each) ? undefined : each));
  return text(one) === text(other);
}

/** What a patch says to make one value of another: null empties; where objects are merged, it removes a member. */
export function patchOf(before, value, isDeep) {
  if (value === undefined) return Array.isArray(before) ? [] : null;
  if (!isDeep || !isObject(before) || !isObject(value)) return value;
  const gone = Object.keys(before).filter((name) => !(name in value)).map((name) => [name, null]);
  return Object.fromEntries([...Object.entries(value).map(([name, each]) => [name, patchOf(before[name], each, isDeep)]), ...gone]);
}

/** What somebody made of `before`, done to what is `there` instead: what they added to a list is added, what they took from
    it is taken, of objects member by member; anything else is as they wrote it, if they did. */
export function rebased(before, written, there) {
  if (isSame(before, written)) return there;
  if (isSame(before, there)) return written;
  if (Array.isArray(there ?? written)) {
    const has = (list, each) => (list ?? []).some((other) => isSame(other, each));
    const kept = (there ?? []).filter((each) => has(written, each) || !has(before, each));
    return [...kept, ...(written ?? []).filter((each) => !has(before, each) && !has(there, each))];
  }
  if (!isObject(there ?? written)) return written;
  const names = new Set([...Object.keys(there ?? {}), ...Object.keys(written ?? {})]);
  const members = [...names].map((name) => [name, rebased(before?.[name], written?.[name], there?.[name])]);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
