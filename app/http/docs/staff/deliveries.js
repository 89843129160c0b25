// What became of mails, in words: to whom each went, what it was, and whether it arrived.

import { moment } from "./dates.js";
import { label } from "./description.js";
import { make } from "./elements.js";
import { counted, panel, tableOf } from "./panels.js";

const STATES = {
  waiting: "Still waits to be sent",
  sent: "Accepted by the mail server of its reader",
  deferred: "Not accepted for now: it is tried again by itself",
  doubtful: "Handed over, without an answer whether it was accepted: this settles by itself",
  uncertain: "It may have arrived or not: you decide whether it is sent once more",
  refused: "Came back: the mail server of its reader does not accept it",
  failed: "Could not be sent, after all tries",
  suppressed: "Not sent: its reader wants no mail",
  dropped: "Not sent: it was no longer wanted when its turn came",
};

/** Numbers and replies of servers are in the whole answer. */
export function deliveriesPanel(body, answer, count) {
  const rows = body.results.map((each) => make("tr", {}, make("td", {}, each.address ?? "somebody who is no longer here"), make("td", {}, label(each.kind)),
    make("td", {}, [STATES[each.state] ?? label(each.state), each.error].filter(Boolean).join(". ")),
    make("td", {}, moment(each.settled_at ?? each.created_at)), make("td", {}, each.next_try_at ? moment(each.next_try_at) : "")));
  return panel([counted(count, rows.length, count === 1 ? "mail" : "mails")], [], answer,
    rows.length ? tableOf("Mails", ["To", "Mail", "What became of it", "When", "Next try"], rows) : null);
}
