"""What Schemathesis cannot read in the description: our formats, and questions that are refused as a whole."""

import re
from datetime import date
from typing import Any
from urllib.parse import urlencode

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, CheckContext, HookContext, Response

BETWEEN_PARAMETERS = {
    "bad-address",
    "cursor-with-relevance",
    "foreign-cursor",
    "invalid-cursor",
    "not-text",
    "not-together",
    "only-with-json",
    "relevance-alone",
    "relevance-without-q",
    "seed-without-sample",
    "too-deep",
    "too-many-in-groups",
}
"""Faults that lie in several parameters together, or in whether a well-formed cursor is ours; and control
characters in an address."""

IN_BODIES = {
    "int-type",
    "invalid-node",
    "invalid-value",
    "not-allowed",
    "too-many-leaves",
    "unknown-field",
    "unknown-operator",
    "unknown-sort",
    "unknown-term",
    "unknown-value",
}
"""Faults of conditions, which depend on the field that a condition names; control characters; and 1.0, an integer to
JSON Schema alone."""

LONGEST_READ = 60_000
DOIS = ("10.1093/bjsw/bcac183", "doi:10.1000/182", "https://doi.org/10.1000/182")
ISBNS = ("9781447371250", "978-1-4473-7125-0", "0306406152")
ISSNS = ("0045-3102", "14685639")


def partial_dates() -> st.SearchStrategy[str]:
    """Years, months and days that are in the calendar."""
    days = st.dates(min_value=date(1, 1, 1)).map(date.isoformat)
    return st.builds(lambda day, length: day[:length], days, st.sampled_from((4, 7, 10)))


schemathesis.openapi.format("edtf", partial_dates())
schemathesis.openapi.format("doi", st.sampled_from(DOIS))
schemathesis.openapi.format("isbn", st.sampled_from(ISBNS))
schemathesis.openapi.format("issn", st.sampled_from(ISSNS))


@schemathesis.hook
def filter_case(context: HookContext, case: Case) -> bool:
    """The HTTP parser below the service reads no longer address than this; what it says is not ours."""
    return len(urlencode(case.query or {}, doseq=True, errors="surrogatepass")) < LONGEST_READ


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    """OpenAPI 3.1 has no QUERY: what `Allow` says of it cannot be compared."""
    allowed = response.headers.get("allow")
    if allowed:
        response.headers["allow"] = [value.replace(", QUERY", "") for value in allowed]


@schemathesis.check
def what_is_described_is_accepted(context: CheckContext, response: Response, case: Case) -> None:
    """A request that the description allows is refused only for what the description cannot say."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    if response.status_code not in (400, 413, 415, 422):
        return
    known = BETWEEN_PARAMETERS | (IN_BODIES if case.method == "POST" else set())
    unexplained = faults(response.json()) - known
    if unexplained:
        raise AssertionError(f"{response.status_code} for what the description allows: {sorted(unexplained)}")


def faults(problem: dict[str, Any]) -> set[str]:
    """Codes of the faults, or the type where there are none."""
    return {code(fault) for fault in problem.get("errors", ())} or {problem["type"].rpartition("/")[2]}


def code(fault: dict[str, str]) -> str:
    """Its code; `not-together` for an order named twice and for a day that is not in the calendar."""
    twice = fault["code"] == "repeated" and "sort" in (fault.get("parameter"), fault.get("pointer", "/")[1:])
    no_day = fault["code"] == "invalid-value" and re.search("calendar|time in UTC", fault["message"])
    return "not-together" if twice or no_day else fault["code"]
