// What tells resources of the same name apart: what identifies them, where people work, and in how many entries they are.

import { label } from "./description.js";
import { request } from "./requests.js";

const TELLING = ["orcid", "ror", "doi", "isbn"]; // schemes of identifiers, the best first
const AGENTS = new Set(["person", "organisation"]);

/** As: "ORCID 0000-0002-1825-0097, University of Sussex, 3 entries, jo-smith-2". */
export async function tellApart(subject) {
  const data = subject.data ?? {};
  const scheme = TELLING.find((each) => data.identifiers?.some((identifier) => identifier.scheme === each));
  const identifier = data.identifiers?.find((each) => each.scheme === scheme)?.value;
  const parts = [
    identifier ? `${label(scheme)} ${identifier}` : null,
    ...await Promise.all((data.affiliations ?? []).map((each) => organisation(each.organisation))),
    AGENTS.has(subject.kind) ? await entries(subject.slug) : label(subject.state).toLowerCase(),
    data.issued, subject.slug,
  ];
  return parts.filter(Boolean).join(", ");
}

async function organisation(slug) {
  const answer = await request("GET", `/v1/staff/organisations/${encodeURIComponent(slug)}`);
  return answer.ok ? answer.body.data.name : slug;
}

/** How many published entries name somebody. */
async function entries(slug) {
  const answer = await request("GET", `/v1/entries?${new URLSearchParams({ contributor: slug, per_page: "1" })}`);
  const count = answer.body?.meta?.count ?? 0;
  return count === 1 ? "1 entry" : `${count} entries`;
}
