// Dates and times as people write them: times are those of the project's time zone, whatever that of the browser is.

const MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
const DAY = 86_400_000;
/** As `Europe/London` (`KB_TIMEZONE`). */
export const ZONE = document.body.dataset.timeZone;
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: ZONE });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: ZONE });
const CLOCK = new Intl.DateTimeFormat("en-GB", {
  year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23", timeZone: ZONE,
});
const RFC3339 = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** The day of a moment of RFC 3339, as `14 March 2027`. */
export function dayOf(text) {
  return DATE.format(new Date(text));
}

/** A moment of RFC 3339, as `14 March 2027, 09:00`. */
export function moment(text) {
  return `${dayOf(text)}, ${TIME.format(new Date(text))}`;
}

/** A text of the service, whose moments are told as the page tells all others. */
export function withLocalTimes(text) {
  return text.replace(RFC3339, moment);
}

/** `14 March 2027` as `2027-03-14`, `March 2027` as `2027-03`; anything else as it is. */
export function partialDate(text) {
  const [, day, name, year] = /^(?:(\d{1,2})(?:st|nd|rd|th)?\s+)?([a-z]{3,9})\.?,?\s+(\d{4})$/i.exec(text) ?? [];
  const begun = name?.toLowerCase().replace(/^sept$/, "sep");
  const month = begun ? MONTHS.findIndex((each) => each.startsWith(begun)) + 1 : 0;
  return month > 0 ? [year, month, day].filter(Boolean).map((part) => String(part).padStart(2, "0")).join("-") : text;
}

/** `14 March 2027, 9:00` as a moment of RFC 3339, which may be written itself. Of an hour that the clocks repeat it is the
    first. `fault` says what is wrong instead. */
export function readMoment(text) {
  if (/^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/i.test(text)) return { value: text };
  const [, day, hour, minute] = /^(.*?)(?:,|\s+at)?[\sT]+(\d{1,2})[:.](\d\d)$/i.exec(text) ?? [];
  const date = day === undefined ? "" : partialDate(day.trim());
  const wall = Date.parse(`${date}T${hour?.padStart(2, "0")}:${minute}:00Z`);
  const isDay = /^\d{4}-\d\d-\d\d$/.test(date) && !Number.isNaN(wall) && new Date(wall).toISOString().startsWith(date);
  if (!isDay) return { fault: "Write day and time as 14 March 2027, 9:00." };
  const [first] = momentsOf(wall);
  if (first === undefined) return { fault: `There is no such time: the clocks of ${ZONE} go forward then. Choose an hour later.` };
  return { value: new Date(first).toISOString().replace(".000Z", "Z") };
}

/** The moments at which the clocks show a time: none where they leave it out, two where they repeat it. */
function momentsOf(wall) {
  const tried = [-DAY, DAY].map((distance) => wall - (clockAt(wall + distance) - (wall + distance)));
  return [...new Set(tried)].filter((each) => clockAt(each) === wall).sort((one, other) => one - other);
}

/** What the clocks show at a moment, both in milliseconds. */
function clockAt(milliseconds) {
  const parts = Object.fromEntries(CLOCK.formatToParts(milliseconds).map((each) => [each.type, Number(each.value)]));
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
}
