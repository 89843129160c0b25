"""Public URLs, all made from the configured base URL."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from urllib.parse import quote, quote_plus

import orjson

from app.catalogue.registry import ALL_ENTRIES
from app.search.index.snapshot import Snapshot
from app.search.query.model import MATCH_ALL, And, Leaf, Node, Query
from app.search.query.schema import Field

ROOT = "/v1"
SAFE = ",:*/"
MAX_QUERY_LENGTH = 8_000
"""Characters of a query string that is given out: servers and proxies take no longer ones."""
REMEMBERED = 16
"""Query strings that were written last."""
PLAIN = re.compile(r"[A-Za-z0-9_.~,:*/-]*", re.ASCII)
Pair = tuple[str, str]
JSON_ONLY = ("select", "include", "facets", "facet_size", "combine", "group_by", "highlight")
"""Parameters that shape the JSON answer alone."""
NOT_FOR_PAGES = frozenset((*JSON_ONLY, "cursor", "sample", "seed", "as"))
"""Parameters that a page has no use for."""
MAX_ON_PAGE = 50
"""Documents on a page for people."""


class Urls:
    """`base` has no slash at its end; collections lie below the path `root`."""

    root = ROOT

    def __init__(self, base: str) -> None:
        self.base = base

    def collection(self, name: str, extension: str = "") -> str:
        return f"{self.base}{self.root}/{name}{extension}"

    def item(self, collection: str, slug: str, extension: str = "") -> str:
        return f"{self.base}{self.root}/{collection}/{quote(slug)}{extension}"

    def query_url(self, path: str, pairs: Iterable[Pair]) -> str:
        """An address with parameters; `path` is what follows the base."""
        query = encoded(pairs)
        return f"{self.base}{path}?{query}" if query else f"{self.base}{path}"


class PageUrls(Urls):
    """Of pages: that of a document is the document's without `/v1`, and all entries are listed by the search."""

    root = ""

    def collection(self, name: str, extension: str = "") -> str:
        return super().collection("search" if name == ALL_ENTRIES else name, extension)

    def list_url(self, collection: str, pairs: Iterable[Pair]) -> str:
        """The page of a list; what only the interface has a use for is left out."""
        query = encoded(pair for pair in pairs if _is_for_pages(*pair))
        url = self.collection(collection)
        return f"{url}?{query}" if query else url


class UrlBuilder(Urls):
    """Of the interface; `pages` are the pages beside it, at another base where the project has its own."""

    def __init__(self, base: str, pages: str | None = None) -> None:
        super().__init__(base)
        self.pages = PageUrls(pages or base)
        self._own = b'"url":"' + base.encode() + b"/v1/"

    @property
    def pages_elsewhere(self) -> str | None:
        """The base of pages of the project's own, where it has some."""
        return self.pages.base if self.pages.base != self.base else None

    def absolute(self, body: bytes) -> bytes:
        """A stored document with its own addresses made absolute.

        Exact: inside a JSON string a quotation mark is escaped, so the pattern is met at members alone.
        """
        return body.replace(b'"url":"/v1/', self._own)


def _is_for_pages(name: str, value: str) -> bool:
    if name == "per_page":
        return value.isascii() and value.isdigit() and len(value) < 4 and 0 < int(value) <= MAX_ON_PAGE
    return name not in NOT_FOR_PAGES


class FacetLinks:
    """The URL of a list with one value of a field more, or one less: what all of them share is written once.

    With `combine_all` a value is required as well, else it is one that may be there instead. `start` is the URL with
    one more, up to the value.
    """

    def __init__(self, addresses: Urls, path: str, pairs: Sequence[Pair], field: Field, *, combine_all: bool) -> None:
        self._addresses, self._path, self._pairs = addresses, path, pairs
        self._names = (field.name, f"{field.name}__all", f"{field.name}__exact")
        if combine_all:
            kept, name = filter_by(pairs, field)
        else:  # instead of a choice that leaves narrower terms out
            kept, name = [pair for pair in pairs if pair[0] != self._names[2]], field.name
        self.start = f"{addresses.query_url(path, kept)}{'&' if kept else '?'}{quote_form(name)}="

    def to(self, value: str, *, selected: bool) -> str:
        if not selected:
            return self.start + quote_form(value)
        kept = [pair for pair in self._pairs if not (pair[0] in self._names and pair[1] == value)]
        return self._addresses.query_url(self._path, kept)


def quote_form(text: str) -> str:
    """A name or a value as a form field has it (WHATWG URL, application/x-www-form-urlencoded)."""
    return text if PLAIN.fullmatch(text) else quote_plus(text, safe=SAFE)


def encoded(pairs: Iterable[Pair]) -> str:
    """A query string. An answer links to the same ones again and again, so the last are remembered, if they may be
    given out."""
    given = tuple(pairs)
    is_short = sum(map(len, chain.from_iterable(given))) <= MAX_QUERY_LENGTH
    return _encoded_before(given) if is_short else _encoded(given)


def _encoded(given: tuple[Pair, ...]) -> str:
    """Where all is plain, as mostly, that is seen at one glance."""
    if PLAIN.fullmatch("".join(chain.from_iterable(given))):
        return "&".join(map("=".join, given))
    return "&".join(f"{quote_form(name)}={quote_form(value)}" for name, value in given)


_encoded_before = lru_cache(maxsize=REMEMBERED)(_encoded)


def replace_parameters(pairs: Sequence[Pair], **changes: str | int | None) -> list[Pair]:
    """Parameters with some put in place of what was there; None takes one out."""
    kept = [pair for pair in pairs if pair[0] not in changes]
    return kept + [(name, str(value)) for name, value in changes.items() if value is not None]


def filter_by(pairs: Sequence[Pair], field: Field) -> tuple[list[Pair], str]:
    """The parameters beside which a value of a field can be required as well, and the name of that parameter."""
    if not any(given.partition("__")[0] == field.name for given, _ in pairs):
        return list(pairs), field.name
    if "all" in field.type.operators:
        return list(pairs), f"{field.name}__all"
    return [pair for pair in pairs if pair[0] != field.name], field.name


def condition_name(leaf: Leaf) -> str:
    """The parameter that says a condition."""
    return leaf.field if leaf.op == "any" else f"{leaf.field}__{leaf.op}"


def query_pairs(snapshot: Snapshot, query: Query) -> list[Pair]:
    """The canonical parameters of a query; what the others cannot say stands in `query`, as JSON."""
    pairs: list[Pair] = []
    if query.words:
        pairs.append(("q", query.words))
    seen: set[str] = set()
    rest: list[Node] = []
    for node in query.conditions if query.where != MATCH_ALL else ():
        name = condition_name(node) if isinstance(node, Leaf) else ""
        if not isinstance(node, Leaf) or name in seen:
            rest.append(node)
            continue
        seen.add(name)
        pairs += [(name, value) for value in node.values]
    if rest:
        tree = rest[0] if len(rest) == 1 else And(tuple(rest))
        pairs.append(("query", orjson.dumps(tree.as_json()).decode()))
    sort = ",".join(map(str, query.sort))
    if sort != ("relevance" if query.words else snapshot.default_sort(query.collection)):
        pairs.append(("sort", sort))
    return pairs
