// A correction says what is to become of each member that was changed (JSON Merge Patch, RFC 7396).

/** What a patch says to make one value of another: null empties; where objects are merged, it removes a member. */
export function patchOf(before, value, isDeep) {
  if (value === undefined) return Array.isArray(before) ? [] : null;
  if (!isDeep || !isObject(before) || !isObject(value)) return value;
  const gone = Object.keys(before).filter((name) => !(name in value)).map((name) => [name, null]);
  return Object.fromEntries([...Object.entries(value).map(([name, each]) => [name, patchOf(before[name], each, isDeep)]), ...gone]);
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
