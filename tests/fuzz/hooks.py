"""What Schemathesis cannot read in the description: what excludes what, and questions that are refused as a whole."""

import re
from typing import Any
from urllib.parse import urlencode

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response, SerializationContext

from tests.fuzz.valid_examples import leading_on, sensible

BETWEEN_PARAMETERS = {
    "bad-address",
    "cursor-with-relevance",
    "foreign-cursor",
    "invalid-cursor",
    "not-a-cursor",
    "not-text",
    "not-together",
    "only-with-citation",
    "only-with-json",
    "relevance-alone",
    "relevance-without-q",
    "seed-without-sample",
    "highlight-without-q",
    "too-deep",
    "too-many-in-groups",
    "unknown-select",
    "unknown-value",
}
"""Faults that lie in several parameters together, or in whether a well-formed cursor is ours; control
characters in an address; and values that come and go with what is published,
of which the description lists none."""

IN_BODIES = {
    "wrong-type",
    "invalid-node",
    "invalid-value",
    "not-allowed",
    "too-many",
    "too-many-leaves",
    "unknown-facets",
    "unknown-field",
    "unknown-group_by",
    "unknown-include",
    "unknown-operator",
    "unknown-select",
    "unknown-sort",
    "unknown-term",
    "unknown-value",
}
"""Faults of conditions, which depend on the field that a condition names; names that each collection has others of;
more queries than one sign-up may have; control characters; and 1.0, an integer to JSON Schema alone."""

AT_WORK = {
    "circle",
    "contradiction",
    "invalid",
    "forbidden-url",
    "invalid-identifier",
    "not-a-doi",
    "not-a-key",
    "not-a-tag",
    "not-confirmed",
    "nothing-found",
    "source-missing",
    "unknown-collection",
    "unknown-format",
    "unknown-preset",
    "unknown-reference",
    "unreadable",
    "used-before",
}
"""Faults of what is to be kept against what is there: it refers to itself, to what is not there, or was sent before;
of files in which nothing can be read; of identifiers, each scheme of which has a form of its own, and of
servers that are not asked; and of entity tags,
whose pattern is not kept to."""

OWN_KEY = ("/v1/staff/keys/{id}", "/v1/staff/keys/{id}/rotate")
MAX_READ_LENGTH = 60_000
MEANT = ("invalid-value", "out-of-range", "repeated", "too-short", "unknown-name")
"""Codes of what may have the form described, and be wrong all the same."""
UNSAYABLE = re.compile(
    "calendar|valid date|a day, for example|time in UTC|with a time zone|duration|DOI|ISBN|ISSN|e-mail address"
    "|either `doi`|must be an id|before `since`|of this name|the same slug|not be empty"
    "|not published yet|not be after|By the day|end before it begins|an identifier must not contain"
)
"""In what is said of a value that has the form described: no such day, no such check digit, an end before the
beginning; conditions as JSON in a parameter are a text to the description."""


@schemathesis.serializer(
    "application/x-bibtex",
    "text/x-bibtex",
    "application/x-research-info-systems",
    "application/vnd.citationstyles.csl+json",
    "application/vnd.datacite.datacite+json",
)
def as_it_stands(context: SerializationContext, text: Any) -> bytes:
    """Files for import: their text is not said again in JSON."""
    return str(text).encode("utf-8", "surrogatepass")


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Asks one thing at a time; what the case is about stays. What is sent to be kept is sent whole, and nobody guesses
    the title that confirms a deletion, which may be left out."""
    meta = case.meta
    if meta is None:
        return
    data = meta.phase.data
    kept = {name for name in (data.parameter, *(each.parameter for each in data.mutations)) if name}
    if case.method == "DELETE" and case.query and "confirm" not in kept and meta.generation.mode.is_positive:
        case.query.pop("confirm", None)
    if not {"explore", "partners"} & set(case.operation.tags or ()):
        return
    part = leading_on if meta.phase.name == "stateful" else sensible
    if case.query and (kept or meta.generation.mode.is_positive):
        case.query = part(case.query, kept)
    if isinstance(case.body, dict) and meta.generation.mode.is_positive:
        case.body = part(case.body, kept)


@schemathesis.hook
def filter_case(context: HookContext, case: Case) -> bool:
    """The HTTP parser below the service reads no longer address than this; what it says is not ours. And nobody throws
    away the key that all the rest is asked with."""
    if case.path in OWN_KEY and case.method != "GET" and (case.path_parameters or {}).get("id") == "me":
        return str((case.query or {}).get("dry_run")).lower() == "true"
    return len(urlencode(case.query or {}, doseq=True, errors="surrogatepass")) < MAX_READ_LENGTH


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    """OpenAPI 3.1 has no QUERY: what `Allow` says of it cannot be compared. And an entry may be called `batch`: what it
    has is told there, too."""
    allowed = response.headers.get("allow")
    if allowed and case.path.endswith("/batch"):
        response.headers["allow"] = ["OPTIONS, POST"] if "POST" in allowed[0] else allowed
    elif allowed:
        response.headers["allow"] = [value.replace(", QUERY", "") for value in allowed]


@schemathesis.check
def what_is_described_is_accepted(context: CheckContext, response: Response, case: Case) -> None:
    """A request that the description allows is refused only for what the description cannot say."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    if response.status_code not in (400, 413, 415, 422):
        return
    if "html" in response.headers["content-type"][0]:
        return  # a page, for people
    known = BETWEEN_PARAMETERS | (IN_BODIES | AT_WORK if case.method in ("DELETE", "PATCH", "POST") else set())
    unexplained = faults(response.json()) - known
    if unexplained:
        raise AssertionError(f"{response.status_code} for what the description allows: {sorted(unexplained)}")


def faults(problem: dict[str, Any]) -> set[str]:
    """Codes of the faults, or the type where there are none."""
    return {code(fault) for fault in problem.get("errors", ())} or {problem["type"].rpartition("/")[2]}


def code(fault: dict[str, str]) -> str:
    """Its code; `not-together` for an order named twice and for a value whose form alone is right."""
    twice = fault["code"] == "repeated" and "sort" in (fault.get("parameter"), fault.get("pointer", "/")[1:])
    unsayable = fault["code"] in MEANT and (UNSAYABLE.search(fault["message"]) or fault.get("parameter") == "query")
    return "not-together" if twice or unsayable else fault["code"]
