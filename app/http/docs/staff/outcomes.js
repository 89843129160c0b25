// What a step did, and to what by its title; where nothing is said here, a step is told by what is saved now.

import { label } from "./description.js";
import { nameOf } from "./suggestions.js";

const SAID = {
  withdraw_entry: (body) => `Withdrawn: “${nameOf(body)}” is no longer public${body.state === "withdrawn" ? "" : `; the changes wait as ${stateOf(body)}`}, version ${body.version}.`,
  reinstate_entry: (body, before) => `Reinstated: “${nameOf(body)}” is published${isChanged(before) ? ", with the changes that waited" : ""}, version ${body.version}.`,
  discard_working_copy: (body) => `Discarded: the changes to “${nameOf(body)}” are thrown away; it is ${stateOf(body)}, version ${body.version}.`,
  merge_resource: merged,
  merge_term: merged,
  delete_resource: (_, before) => before && `Deleted: the draft “${nameOf(before)}”. This cannot be undone.`,
  discard_update: (_, before) => before && `Deleted: the update “${nameOf(before)}”. This cannot be undone.`,
  test_update: testSent,
  test_digest: testSent,
  revoke_key: (body) => `Revoked: the key of ${body.name} no longer works.`,
};

/** The headline; undefined of other operations. `before` is what the form was about when it was sent. */
export function outcome(form, body) {
  return SAID[form.operation.id]?.(body, form.about, form);
}

function testSent(_, __, form) {
  return `Done: the test is on its way to ${form.members.find((field) => field.name === "address").read()}.`;
}

/** As: "a draft". */
export function stateOf(body) {
  return body.state === "draft" ? "a draft" : label(body.state).toLowerCase();
}

function merged(body, before) {
  return before && `Merged: “${nameOf(before)}” into “${nameOf(body)}”.`;
}

/** Whether changes waited beside what was withdrawn. */
function isChanged(before) {
  return Boolean(before) && before.state !== "withdrawn";
}
