"""Lists: the envelope around a page of documents, and the same page in any other format."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import orjson
from pyroaring import BitMap

from app.exports.context import ExportContext
from app.exports.formats import FORMATS, Format, View
from app.http.headers import TypedLink
from app.kit.json_types import JsonObject
from app.reading.content.citations import PARAMETERS as CITATION_PARAMETERS
from app.reading.content.facets import find_facets
from app.reading.content.projection import add_highlights, append_member, find_view, load_documents, read_view
from app.reading.content.response_size import check_size
from app.reading.requests.list_request import ListRequest, canonical_pairs
from app.reading.requests.result_window import MAX_RESULTS, ResultWindow
from app.reading.requests.urls import (
    JSON_ONLY,
    Pair,
    UrlBuilder,
    filter_by,
    replace_parameters,
)
from app.search.cursors import cursor_after, read_cursor
from app.search.facets import caption, frequent_values, value_ids
from app.search.index.fusion import find_listed
from app.search.index.live_index import Index
from app.search.index.pagination import first_documents_of_each
from app.search.index.snapshot import Snapshot
from app.search.query.schema import Field
from app.search.query_summary import describe_query

MAX_REPEATED_LENGTH = 1024
"""Characters of a URL that is repeated in a header for every format and page."""
MAX_ALTERNATES_LENGTH = 3072
"""Characters of all the URLs of other formats that are repeated in a header."""
MAX_IGNORED = 50
"""Words that a response lists as not searched for, at most."""


@dataclass(frozen=True)
class ResultPage:
    """The ids of one page, how many there are in all that have the words, and the cursor of the next page; `further`
    are in the list by their meaning alone."""

    ids: list[int]
    count: int
    next_cursor: str | None
    facets: bytes | None = None
    groups: "Groups | None" = None
    further: int = 0


@dataclass(frozen=True)
class Groups:
    """What a facet says of each value, with its first documents; `missing` documents are in no group. `truncated` says
    that there are more groups, on pages after this one."""

    members: list[tuple[JsonObject, list[int]]]
    missing: int
    truncated: bool


def find_page(
    snapshot: Snapshot, addresses: UrlBuilder, request: ListRequest, *, by_meaning: bool = True
) -> ResultPage:
    """`by_meaning` lets what has only the meaning of the words be listed, where the service knows it. Raises `BadQuery`
    for a cursor that is not this query's."""
    query, window = request.query, request.window
    position = read_cursor(snapshot, query, window.cursor) if window.cursor is not None else None
    matched = snapshot.match(query)
    next_cursor, further = None, 0
    groups = _groups(snapshot, addresses, request, matched) if window.group_by else None
    if groups is not None:
        ids: list[int] = []
    elif window.sample is not None:
        places = random.Random(window.seed).sample(range(len(matched)), min(window.sample, len(matched)))
        ids = [matched[place] for place in places]
    elif window.cursor is None and by_meaning:
        ids, further = find_listed(snapshot, query, matched, skip=window.skip, take=window.per_page)
    elif window.cursor is None:
        ids = snapshot.page(query, matched, skip=window.skip, take=window.per_page)
    else:
        ids = snapshot.page_after(query, matched, position, window.per_page + 1)
        if len(ids) > window.per_page:
            ids = ids[: window.per_page]
            next_cursor = cursor_after(snapshot, query, ids[-1])
    facets = find_facets(snapshot, addresses, request, matched)
    return ResultPage(ids, len(matched), next_cursor, facets, groups, further)


def _groups(snapshot: Snapshot, addresses: UrlBuilder, request: ListRequest, matched: BitMap) -> Groups:
    """A page of the values of a field, in its own order or most frequent first, each with its first documents."""
    name, size, page = str(request.window.group_by), request.window.groups, request.window.page or 1
    field = snapshot.fields(request.query.collection)[name]
    counts, more = frequent_values(snapshot, field, matched, page * size)
    shown = list(counts)[(page - 1) * size :]
    sets = [matched & value_ids(snapshot, field, value) for value in shown]
    urls = _group_urls(snapshot, addresses, request, field)
    pages = first_documents_of_each(snapshot, request.query, sets, request.window.per_page)
    groups = []
    for value, ids, first in zip(shown, sets, pages, strict=True):
        label, _ = caption(snapshot, field, value)
        groups.append(({"slug": value, "label": label, "url": urls(value), "count": len(ids)}, first))
    missing = len(matched) - matched.intersection_cardinality(snapshot.with_field(field))
    return Groups(groups, missing, more)


def _group_urls(
    snapshot: Snapshot, addresses: UrlBuilder, request: ListRequest, field: Field
) -> Callable[[str], str | None]:
    """The list of a group, from the first document on, in pages of as many as are shown here."""
    dropped = ("group_by", *(() if request.window.facets else ("facet_size",)))
    pairs = canonical_pairs(snapshot, request, *dropped)
    if pairs is None:
        return lambda _: None
    kept, name = filter_by(replace_parameters(pairs, per_page=request.window.per_page), field)
    path = f"/v1/{request.query.collection}"
    return lambda value: addresses.query_url(path, [*kept, (name, value)])


def available_formats(snapshot: Snapshot, collection: str) -> Sequence[Format]:
    """The formats that documents of a collection have."""
    return _formats(tuple(_kinds(snapshot, collection)))


@cache
def _formats(kinds: Sequence[str]) -> Sequence[Format]:
    return tuple(each for each in FORMATS.values() if each.is_native or find_view(kinds, each))


def collection_view(snapshot: Snapshot, collection: str, chosen: Format) -> View:
    """What documents of a collection are made into for a format. Raises LookupError where it is not available."""
    view = find_view(_kinds(snapshot, collection), chosen)
    if view is None:
        raise LookupError(f"{chosen.label} is no format of {collection}.")
    return view


def _kinds(snapshot: Snapshot, collection: str) -> list[str]:
    return [schema.kind for schema in snapshot.registry.collections[collection].schemas]


def page_links(addresses: UrlBuilder, path: str, request: ListRequest, page: ResultPage) -> dict[str, str | None]:
    """`self`, `first`, `prev`, `next` and `last`; null where there is none."""

    pairs = request.pairs
    if pairs is None:  # too long for a URL
        return {
            "self": addresses.query_url(f"{path}/search", ()),
            "first": None,
            "prev": None,
            "next": None,
            "last": None,
        }

    def to(**changes: str | int | None) -> str:
        return addresses.query_url(path, replace_parameters(pairs, **changes))

    window = request.window
    if window.cursor is not None:
        following = to(cursor=page.next_cursor) if page.next_cursor else None
        return {"self": to(), "first": to(cursor="*"), "prev": None, "next": following, "last": None}
    if window.sample:
        return {"self": to(), "first": None, "prev": None, "next": None, "last": None}
    number, without = window.page or 1, to(page=None)
    start = f"{without}{'&' if '?' in without else '?'}page="
    if page.groups is not None:
        more, others = page.groups.truncated, number > 1 or page.groups.truncated
        before, after = f"{start}{number - 1}" if number > 1 else None, f"{start}{number + 1}" if more else None
        return {"self": to(), "first": f"{start}1" if others else None, "prev": before, "next": after, "last": None}
    last = max(1, -(-(page.count + page.further) // window.per_page))
    reachable = min(last, MAX_RESULTS // window.per_page)
    return {
        "self": to(),
        "first": f"{start}1",
        "prev": f"{start}{number - 1}" if number > 1 else None,
        "next": f"{start}{number + 1}" if number < reachable else None,
        "last": f"{start}{last}" if last == reachable else None,
    }


def alternate_links(
    addresses: UrlBuilder, path: str, pairs: Sequence[Pair] | None, formats: Sequence[Format]
) -> dict[str, str]:
    """The same thing in every other format."""
    if pairs is None:
        return {}
    before, after = (
        addresses.query_url(path, ()),
        addresses.query_url("", [pair for pair in pairs if pair[0] not in (*JSON_ONLY, *CITATION_PARAMETERS)]),
    )
    query = after.removeprefix(addresses.base)
    return {each.name: f"{before}.{each.extension}{query}" for each in formats if not each.is_native}


def link_headers(links: dict[str, str | None], others: dict[str, str]) -> list[TypedLink]:
    """What the `Link` header repeats (RFC 8288). Of long addresses only the neighbouring pages: proxies take heads of a
    few kilobytes, and everything stands in the body too."""
    pages = [TypedLink(url, name) for name, url in links.items() if url and name != "self"]
    if any(len(page.target) > MAX_REPEATED_LENGTH for page in pages):
        return [page for page in pages if page.rel in ("next", "prev")]
    if sum(map(len, others.values())) > MAX_ALTERNATES_LENGTH:
        return pages
    return pages + [TypedLink(url, "alternate", FORMATS[name].media_type) for name, url in others.items()]


def envelope(index: Index, snapshot: Snapshot, request: ListRequest, page: ResultPage, links: JsonObject) -> bytes:
    """The JSON of a list: stored documents joined, not parsed, unless something was selected or included."""
    window = request.window
    bodies = load_documents(index, snapshot, page.ids, window.select, window.include)
    if window.highlight and request.query.words:
        bodies = add_highlights(index, snapshot, page.ids, bodies, request.query.words)
    meta: JsonObject = {
        "count": page.count,
        "page": None if window.sample else window.page,
        "per_page": window.per_page,
        "next_cursor": page.next_cursor,
        "revision": snapshot.revision.number,
        "epoch": snapshot.revision.epoch_text,
        "query": request.query.as_json(),
        "description": describe_query(snapshot, request.query),
    }
    if page.groups is not None:
        meta |= {"missing": page.groups.missing, "truncated": page.groups.truncated}
    if request.query.words:
        found = snapshot.find(request.query.words)
        meta |= {
            "did_you_mean": snapshot.correction(request.query),
            "matching": "some" if found.is_partial else "all",
            "ignored": list(found.ignored[:MAX_IGNORED]),
        }
    if snapshot.meaning is not None:
        meta["by_meaning"] = page.further
    separated = [part for body in bodies for part in (b",", body)][1:]
    parts = [b'{"meta":', orjson.dumps(meta), b',"results":[', *separated, b"]"]
    if page.groups is not None:
        parts += [
            b',"groups":[',
            b",".join(_group(index, snapshot, window, *each) for each in page.groups.members),
            b"]",
        ]
    if page.facets is not None:
        parts += [b',"facets":', page.facets]
    parts += [b',"links":', orjson.dumps(links), b"}"]
    check_size(map(len, parts))
    return b"".join(parts)


def _group(index: Index, snapshot: Snapshot, window: ResultWindow, value: JsonObject, ids: list[int]) -> bytes:
    bodies = load_documents(index, snapshot, ids, window.select, window.include)
    return append_member(orjson.dumps(value), b"results", b"[" + b",".join(bodies) + b"]")


def export_documents(
    index: Index, snapshot: Snapshot, ids: list[int], chosen: Format, view: View, context: ExportContext
) -> str:
    """The documents in another format than their own."""
    return chosen.render(
        (read_view(body, view, context.pages) for body in index.bodies(snapshot, ids)), context, of=view
    )
