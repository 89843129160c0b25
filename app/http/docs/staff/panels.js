// What answers are shown in: a headline, more lines, buttons that go on from there, tables, and the whole answer, folded.

import { withLocalTimes } from "./dates.js";
import { folded, inline, make } from "./elements.js";

export function plainPanel(text) {
  return make("div", {}, make("p", { class: "headline" }, text));
}

/** A button that opens another form, filled in; `name` says more to who hears it. */
export function step(form, text, id, values, name) {
  return make("button", { type: "button", class: "quiet", "aria-label": name, onclick: () => form.go(id, values) }, text);
}

/** A button that takes one of several that may be meant. */
export function takeButton(shown, onclick) {
  return make("button", { type: "button", class: "quiet", onclick }, `Take “${shown}”`);
}

/** As: "30 mails, 25 shown." */
export function counted(count, shown, what = "found") {
  return `${count} ${what}${shown < count ? `, ${shown} shown` : ""}.`;
}

export function tableOf(name, columns, rows) {
  const head = make("tr", {}, ...columns.map((text) => (text ? make("th", { scope: "col" }, text) : make("td", {}))));
  const region = make("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": name },
    make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
  // Browsers leave what is partly beyond the edge there when it is focused by the keyboard.
  region.addEventListener("focusin", ({ target }) => target !== region && target.scrollIntoView({ block: "nearest", inline: "nearest" }));
  return region;
}

/** The first of the lines is the headline; of what was sent before, and is not done again, that is said first. */
export function panel(lines, buttons, answer, ...parts) {
  const [headline, ...more] = [...(answer.replayed ? [repeated(answer)] : []), ...lines].map(withLocalTimes);
  const raw = answer.text ? folded("For programmers: the whole answer", make("pre", { tabIndex: 0 }, pretty(answer))) : null;
  return make("div", {}, make("p", { class: "headline" }, headline), ...more.map((line) => make("p", {}, ...inline(line))),
    ...parts.filter(Boolean), buttons.length ? make("p", { class: "buttons" }, ...buttons) : null, raw);
}

function pretty(answer) {
  return answer.body === null ? answer.text : JSON.stringify(answer.body, null, 2);
}

function repeated(answer) {
  const participle = answer.body?.version === undefined ? "done" : "saved";
  return `This was ${participle} already: nothing was ${participle} a second time. To do it once more, open the form anew.`;
}
