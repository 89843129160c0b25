// What awaits somebody, each with its next step; what is scheduled; and what was done lately, in words.

import { moment } from "./dates.js";
import { label } from "./description.js";
import { make } from "./elements.js";
import { collectionOf } from "./suggestions.js";

const REASONS = {
  draft: ["Your draft", "Publish", "publish_entry"],
  in_review: ["Somebody asks for your review", "Publish", "publish_entry"],
  conflict: ["Changed by somebody else after you began", "Compare", "compare_resource"],
  link_missing: ["Has no link of its own", "Correct", null],
  link_broken: ["A link of it leads nowhere", "See its links", "list_links"],
};
const COUNTS = {
  draft: "drafts", in_review: "in review", scheduled: "scheduled", conflict: "in conflict", broken_links: "broken links",
  paused_subscriptions: "subscriptions whose query is broken",
};

/** The lines, the first of which is the headline, and the parts below them. `step` makes the button that opens a form. */
export function dashboard(body, step, tableOf) {
  const count = body.mine.length;
  const headline = count === 0 ? `Nothing awaits you, ${body.name}.` : `${count} ${count === 1 ? "entry awaits" : "entries await"} you, ${body.name}.`;
  const all = Object.entries(body.awaiting).filter(([, number]) => number > 0).map(([name, number]) => `${number} ${COUNTS[name] ?? label(name).toLowerCase()}`);
  const lines = [headline, all.length ? `Of everybody's work: ${all.join(", ")}.` : null].filter(Boolean);
  const parts = [];
  if (count) parts.push(make("h3", {}, "What awaits you"), tableOf("What awaits you", ["What", "Why", "Since", "Next step"], body.mine.map((each) => task(each, step))));
  const planned = [...body.scheduled.map((each) => [each.publish_at, scheduled(each, step)]), ...body.updates.map((each) => [each.send_at, mailed(each, step)])];
  if (planned.length) {
    const rows = planned.sort(([one], [other]) => one.localeCompare(other)).map(([, row]) => row);
    parts.push(make("h3", {}, "Scheduled"), tableOf("Scheduled", ["What", "When", ""], rows));
  }
  if (body.recent.length) {
    parts.push(make("h3", {}, "Lately"), make("ul", {}, ...body.recent.map((each) => make("li", {}, `${moment(each.at)}: ${each.text}`))));
  }
  return { lines, parts };
}

function pathOf(each) {
  return { resource_type: collectionOf(each), slug: each.slug };
}

function task(each, step) {
  const [reason, text, id] = REASONS[each.reason];
  const why = each.reason === "draft" && each.links.public ? "Your correction, which readers do not see yet" : reason;
  const edit = `edit_${each.kind}`;
  const next = id === "list_links" ? { entry: `${collectionOf(each)}/${each.slug}` } : pathOf(each);
  return make("tr", {}, make("td", {}, step(each.title, edit, pathOf(each))), make("td", {}, why),
    make("td", {}, moment(each.updated_at)), make("td", {}, step(text, id ?? edit, next, `${text}: ${each.title}`)));
}

function scheduled(each, step) {
  const refused = each.publish_refused ? `. It could not be published: ${each.publish_refused}` : "";
  return make("tr", {}, make("td", {}, step(each.title, `edit_${each.kind}`, pathOf(each))),
    make("td", {}, `${moment(each.publish_at)}${refused}`), make("td", {}, step("Cancel", "unschedule_entry", pathOf(each), `Cancel: ${each.title}`)));
}

/** An update that will be sent to subscribers. */
function mailed(each, step) {
  return make("tr", {}, make("td", {}, "Mail: ", step(each.subject, "preview_update", { number: each.number })),
    make("td", {}, moment(each.send_at)), make("td", {}, step("Cancel", "cancel_update", { number: each.number }, `Cancel: ${each.subject}`)));
}
