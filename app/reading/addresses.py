"""Public addresses, all made from the configured base URL."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlencode

from app.search.query import And, Leaf, Query
from app.search.snapshot import Snapshot

ROOT = "/v1"
Pair = tuple[str, str]


class Addresses:
    """`base` has no slash at its end."""

    def __init__(self, base: str) -> None:
        self.base = base

    def absolute(self, body: bytes) -> bytes:
        """A stored document with its own addresses made absolute.

        Exact: inside a JSON string a quotation mark is escaped, so the pattern is met at members alone.
        """
        return body.replace(b'"url":"/v1/', b'"url":"' + self.base.encode() + b"/v1/")

    def collection(self, name: str, extension: str = "") -> str:
        return f"{self.base}{ROOT}/{name}{extension}"

    def item(self, collection: str, slug: str, extension: str = "") -> str:
        return f"{self.base}{ROOT}/{collection}/{quote(slug)}{extension}"

    def asked(self, path: str, pairs: Iterable[Pair]) -> str:
        """An address with parameters; `path` is what follows the base."""
        query = urlencode(list(pairs), safe=",:*/")
        return f"{self.base}{path}?{query}" if query else f"{self.base}{path}"


def with_pairs(pairs: Sequence[Pair], **changes: str | int | None) -> list[Pair]:
    """Parameters with some put in place of what was there; None takes one out."""
    kept = [pair for pair in pairs if pair[0] not in changes]
    return kept + [(name, str(value)) for name, value in changes.items() if value is not None]


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


def toggled(pairs: Sequence[Pair], name: str, value: str, *, selected: bool) -> list[Pair]:
    """The same question with one value more, or without it."""
    if not selected:
        return [*pairs, (name, value)]
    names = (name, f"{name}__all", f"{name}__exact")
    return [pair for pair in pairs if not (pair[0] in names and pair[1] == value)]
