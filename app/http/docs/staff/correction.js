// What somebody makes of what is there: the fields of a correction, what they said when it was shown, and what is sent.

import { isTyped } from "./fields.js";
import { NOTE } from "./form_fields.js";
import { JsonFault } from "./json_text.js";
import { isSame, patchOf, rebased } from "./merge_patch.js";

export class Correction {
  constructor(fields) {
    this.fields = fields;
    this.#forget();
  }

  /** What is filled in from here on is for the one that is shown next. */
  #forget() {
    this.of = null; // which one is shown: its address, and the parameters that say so
    this.before = {}; // what each field said when it was shown
  }

  /** As before anything was chosen. */
  empty() {
    for (const field of this.fields) field.write(undefined);
    this.#forget();
  }

  /** Fields that say something else than when they were shown. */
  typed() {
    return this.fields.filter((field) => isTyped(field, this.before[field.name]));
  }

  /** Shows what is there, with what somebody made of it in the fields that were `typed` in; `of` says which one it is. */
  show(of, data, typed) {
    this.of = of;
    for (const field of typed) this.#rebase(field, data[field.name]);
    this.showBeside(data, typed);
  }

  /** Does to what is there what somebody changed before they saw it. What cannot be read stays as it was typed. */
  #rebase(field, there) {
    try {
      field.write(rebased(this.before[field.name], field.read(), there));
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
    }
  }

  /** Shows what is there, but in the fields that stay as they are written. */
  showBeside(data, written) {
    const shown = this.fields.filter((field) => !written.includes(field));
    for (const field of shown) if (field.name !== NOTE) field.write(data[field.name]);
    this.before = { ...read(shown), ...Object.fromEntries(written.map(({ name }) => [name, data[name]])) };
  }

  /** After what the fields say was saved: nothing of it is to be sent again. It may have another address now. */
  saved(of) {
    Object.assign(this, { of, before: read(this.fields) });
  }

  /** By name what is to become of what was changed; `isDeep` where objects are merged member by member. */
  patch(isDeep) {
    const changed = Object.entries(read(this.fields)).filter(([name, value]) => !isSame(value, this.before[name]));
    return Object.fromEntries(changed.map(([name, value]) => [name, patchOf(this.before[name], value, isDeep)]));
  }
}

/** By name what fields say. Throws a JsonFault where one cannot be read. */
export function read(fields) {
  return Object.fromEntries(fields.map((field) => [field.name, field.read()]));
}
