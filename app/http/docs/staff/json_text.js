// JSON as somebody wrote it: where it cannot be read, the line is shown, with what was expected there.

import { make } from "./elements.js";

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const PLAIN = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y;

/** What is wrong with the text of a field, and where: lines and columns are counted from 1. */
export class JsonFault extends Error {
  constructor(field, text, place, expected) {
    const before = text.slice(0, place).split("\n");
    super(`Line ${before.length}, column ${before.at(-1).length + 1}: expected ${expected}.`);
    this.field = field;
    this.line = text.split("\n")[before.length - 1];
    this.column = before.at(-1).length;
  }

  /** The sentence, and the line with a mark below the place; the field is marked. */
  panel() {
    this.field.mark(this.message);
    const shown = `${this.line}\n${" ".repeat(this.column)}^`;
    return make("div", {}, make("p", { class: "headline" }, `Nothing was sent: ${this.field.caption} is no JSON. ${this.message}`),
      make("pre", { tabIndex: 0, class: "line" }, shown));
  }
}

/** The value of the text of a field. Throws JsonFault. */
export function parseJson(text, field) {
  try {
    return JSON.parse(text);
  } catch {
    throw faultOf(text, field);
  }
}

function faultOf(text, field) {
  let place = 0;
  const fail = (expected) => { throw new JsonFault(field, text, place, expected); };
  const take = (pattern) => {
    pattern.lastIndex = place;
    const isThere = pattern.test(text);
    if (isThere) place = pattern.lastIndex;
    return isThere;
  };
  const takeMark = (mark) => {
    take(SPACE);
    const isThere = text[place] === mark;
    if (isThere) place += 1;
    return isThere;
  };
  const string = () => take(STRING);
  const value = () => {
    take(SPACE);
    if (takeMark("{")) return members("}", member);
    if (takeMark("[")) return members("]", value);
    return string() || take(PLAIN) || fail("a value: a text in double quotes, a number, true, false, null, [ or {");
  };
  const member = () => {
    take(SPACE);
    if (!string()) fail("a name in double quotes");
    if (!takeMark(":")) fail("a colon");
    value();
  };
  const members = (end, one) => {
    if (takeMark(end)) return true;
    do one(); while (takeMark(","));
    return takeMark(end) || fail(`a comma or ${end}`);
  };
  try {
    value();
    take(SPACE);
    return new JsonFault(field, text, place, "nothing more");
  } catch (error) {
    if (error instanceof JsonFault) return error;
    throw error;
  }
}
