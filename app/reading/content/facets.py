"""The facets of a list as JSON, written value by value: an answer has some fifty, and most of what it says of one is
the same in all answers."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import orjson
from pyroaring import BitMap

from app.reading.content.response_size import LinkBudget
from app.reading.requests.list_request import ListRequest, canonical_pairs
from app.reading.requests.urls import FacetLinks, UrlBuilder, quote_form
from app.search.facets import FacetCount, FacetCounts, facet
from app.search.index.snapshot import Snapshot
from app.search.query.schema import Field

REMEMBERED: Final = 4096
"""Values whose constant parts are kept."""
MAX_REMEMBERED: Final = 300
"""Characters of such a value and its label: a few megabytes at most for all of them."""
BOOLEAN: Final = {False: "false", True: "true"}


def find_facets(snapshot: Snapshot, addresses: UrlBuilder, request: ListRequest, matched: BitMap) -> bytes | None:
    """A JSON object with those that are requested; None where none is. Raises `TooManyBytes`."""
    window = request.window
    if not window.facets:
        return None
    pairs, path, budget = canonical_pairs(snapshot, request), f"/v1/{request.query.collection}", LinkBudget()
    members = []
    for name in window.facets:
        field = snapshot.fields(request.query.collection)[name]
        counted = facet(snapshot, request.query, matched, name, window.facet_size, combine_all=window.combine_all)
        links = None
        if pairs is not None:
            links = FacetLinks(addresses, path, pairs, field, combine_all=window.combine_all)
        members.append(f"{_json(name)}:{_facet(field, counted, links, budget)}")
    return f"{{{','.join(members)}}}".encode()


def _facet(field: Field, counted: FacetCounts, links: FacetLinks | None, budget: LinkBudget) -> str:
    values = ",".join(_values(counted.values, links, budget))
    ends = f'"missing":{counted.missing},"truncated":{BOOLEAN[counted.truncated]}'
    return f'{{"label":{_json(field.label)},"values":[{values}],{ends}}}'


def _values(values: Sequence[FacetCount], links: FacetLinks | None, budget: LinkBudget) -> list[str]:
    start = "" if links is None else _json(links.start)[:-1]
    written = []
    for value in values:
        is_short = len(value.slug) + len(value.label) <= MAX_REMEMBERED
        parts_of = _parts_before if is_short else _constant_parts
        before, after, parameter = parts_of(value.slug, value.label, value.parent)
        if links is None:
            url = "null"
        elif value.selected:
            url = _json(links.to(value.slug, selected=True))
        else:
            url = f'{start}{parameter}"'
        budget.consume(len(url), "facet_size", len(values))
        written.append(f'{before}{value.count},"selected":{BOOLEAN[value.selected]}{after}{url}}}')
    return written


def _constant_parts(slug: str, label: str, parent: str | None) -> tuple[str, str, str]:
    """What stands before the count, what between `selected` and the URL, and the value at the end of the URL."""
    before = f'{{"slug":{_json(slug)},"label":{_json(label)},"count":'
    return before, f',"parent":{_json(parent)},"url":', quote_form(slug)


_parts_before = lru_cache(maxsize=REMEMBERED)(_constant_parts)


def _json(value: str | None) -> str:
    return orjson.dumps(value).decode()
