"""Public URLs, all made from the configured base URL."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote, quote_plus

from app.search.index.snapshot import Snapshot
from app.search.query.model import And, Leaf, Query

ROOT = "/v1"
SAFE = ",:*/"
PLAIN = re.compile(r"[A-Za-z0-9_.~,:*/-]*", re.ASCII)
Pair = tuple[str, str]


class UrlBuilder:
    """`base` has no slash at its end; `root` is the path that collections lie below."""

    def __init__(self, base: str, root: str = ROOT) -> None:
        self.base = base
        self.root = root
        self._own = b'"url":"' + base.encode() + b"/v1/"

    def absolute(self, body: bytes) -> bytes:
        """A stored document with its own addresses made absolute.

        Exact: inside a JSON string a quotation mark is escaped, so the pattern is met at members alone.
        """
        return body.replace(b'"url":"/v1/', self._own)

    def collection(self, name: str, extension: str = "") -> str:
        return f"{self.base}{self.root}/{name}{extension}"

    def item(self, collection: str, slug: str, extension: str = "") -> str:
        return f"{self.base}{self.root}/{collection}/{quote(slug)}{extension}"

    def query_url(self, path: str, pairs: Iterable[Pair]) -> str:
        """An address with parameters; `path` is what follows the base."""
        query = encoded(pairs)
        return f"{self.base}{path}?{query}" if query else f"{self.base}{path}"


class FacetLinks:
    """The URL of a query with one value more, or one less: what all of them share is written once.

    `extra` comes after the question.
    """

    def __init__(
        self, addresses: UrlBuilder, path: str, pairs: Sequence[Pair], name: str, extra: Sequence[Pair]
    ) -> None:
        self._addresses, self._path, self._pairs, self._name, self._extra = addresses, path, pairs, name, extra
        counted = [pair for pair in pairs if not pair[0].startswith(f"{name}__")]  # a facet leaves out its own field
        self._start = f"{addresses.query_url(path, counted)}{'&' if counted else '?'}{quote_form(name)}="
        self._end = "".join(f"&{encoded((pair,))}" for pair in extra)

    def to(self, value: str, *, selected: bool) -> str:
        if not selected:
            return f"{self._start}{quote_form(value)}{self._end}"
        names = (self._name, f"{self._name}__all", f"{self._name}__exact")
        kept = [pair for pair in self._pairs if not (pair[0] in names and pair[1] == value)]
        return self._addresses.query_url(self._path, [*kept, *self._extra])


def quote_form(text: str) -> str:
    """A name or a value as a form field has it (WHATWG URL, application/x-www-form-urlencoded)."""
    return text if PLAIN.fullmatch(text) else quote_plus(text, safe=SAFE)


def encoded(pairs: Iterable[Pair]) -> str:
    return "&".join(f"{quote_form(name)}={quote_form(value)}" for name, value in pairs)


def replace_parameters(pairs: Sequence[Pair], **changes: str | int | None) -> list[Pair]:
    """Parameters with some put in place of what was there; None takes one out."""
    kept = [pair for pair in pairs if pair[0] not in changes]
    return kept + [(name, str(value)) for name, value in changes.items() if value is not None]


def add_filter(pairs: Sequence[Pair], name: str, value: str, *, several: bool) -> list[Pair]:
    """A query with one value of a field required as well; `several` says that the field can have more than one."""
    if not any(given.partition("__")[0] == name for given, _ in pairs):
        return [*pairs, (name, value)]
    if several:
        return [*pairs, (f"{name}__all", value)]
    return [*(pair for pair in pairs if pair[0] != name), (name, value)]


def query_pairs(snapshot: Snapshot, query: Query) -> list[Pair] | None:
    """The canonical parameters of a query; None where only the JSON form can say it."""
    pairs: list[Pair] = []
    if query.words:
        pairs.append(("q", query.words))
    seen: set[str] = set()
    for node in query.conditions if query.where != And(()) else ():
        if not isinstance(node, Leaf):
            return None
        name = node.field if node.op == "any" else f"{node.field}__{node.op}"
        if name in seen:
            return None
        seen.add(name)
        pairs += [(name, value) for value in node.values]
    sort = ",".join(map(str, query.sort))
    if sort != ("relevance" if query.words else snapshot.default_sort(query.collection)):
        pairs.append(("sort", sort))
    return pairs
