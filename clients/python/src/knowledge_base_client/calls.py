"""Requests as values, and what their answers mean: the same for both clients, and no network here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeAlias, TypeVar, cast
from urllib.parse import quote

import httpx

from knowledge_base_client.models import (
    CollectionFields,
    Completions,
    Condition,
    EvidenceMap,
    Facet,
    ListLinks,
    ListMeta,
    Overview,
    PublicChanges,
    RelatedDocuments,
)

T = TypeVar("T")
Document = TypeVar("Document")
Whole = TypeVar("Whole")
Value: TypeAlias = str | int | bool | date
Parameter: TypeAlias = Value | Iterable[Value] | None
Pairs: TypeAlias = tuple[tuple[str, str], ...]

PER_PAGE = 100
"""Documents on a page, where all are asked for."""
PAGING = frozenset({"page", "cursor", "sample", "group_by"})
"""Parameters of one page: not for who goes through all."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request; `read` makes its result of the answer. `wait` is how long the service may take beyond the usual."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Pairs = ()
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0
    is_repeatable: bool = False


@dataclass(frozen=True)
class Page(Generic[Document]):
    """A page of a list. With `select=` the documents have only the members that it names."""

    meta: ListMeta
    results: list[Document]
    links: ListLinks
    facets: dict[str, Facet]
    groups: list[dict[str, Any]]


def read_json(response: httpx.Response) -> Any:
    return response.json()


def read_text(response: httpx.Response) -> str:
    return response.text


def read_page(response: httpx.Response) -> Page[Any]:
    body = response.json()
    return Page(body["meta"], body["results"], body["links"], body.get("facets") or {}, body.get("groups") or [])


def pairs(query: Mapping[str, Parameter]) -> Pairs:
    """As they stand in an address: repeated for several values, and left out where they are None."""
    return tuple((name, _text(value)) for name, given in query.items() for value in _values(given))


def _values(given: Parameter) -> Iterable[Value]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str | int | date) else given


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def segment(text: str) -> str:
    """One part of a path, whatever is in it."""
    return quote(text, safe=":")


def first_query(query: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """The query of the first page of all: by cursor to the very end, unless words are to be ordered by relevance."""
    if wrong := PAGING & query.keys():
        raise ValueError(f"`{min(wrong)}` asks for a part of a list: use `page`.")
    by_relevance = query.get("q") is not None and query.get("sort") is None
    return {"per_page": PER_PAGE, **query, **({"page": 1} if by_relevance else {"cursor": "*"})}


def next_query(query: Mapping[str, Parameter], page: Page[Any]) -> dict[str, Parameter] | None:
    """The query of the next page; None at the end."""
    if "cursor" in query:
        following = page.meta["next_cursor"]
        return {**query, "cursor": following} if following else None
    number = page.meta["page"] or 1
    return {**query, "page": number + 1} if number * page.meta["per_page"] < page.meta["count"] else None


class CollectionCalls(Generic[Document, Whole]):
    """What can be asked of one collection. `Whole` is a document alone, with its links."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = f"/v1/{segment(name)}"

    def page(self, query: Mapping[str, Parameter]) -> Call[Page[Document]]:
        return Call("GET", self.path, read_page, pairs(query))

    def search(self, where: Condition | None, more: Mapping[str, Any]) -> Call[Page[Document]]:
        body = {**({} if where is None else {"where": where}), **more}
        return Call("POST", f"{self.path}/search", read_page, json=body, is_repeatable=True)

    def item(self, key: str, query: Mapping[str, Parameter]) -> Call[Whole]:
        return Call("GET", self._item(key), read_json, pairs(query))

    def related(self, key: str, query: Mapping[str, Parameter]) -> Call[RelatedDocuments]:
        return Call("GET", f"{self._item(key)}/related", read_json, pairs(query))

    def fields(self) -> Call[CollectionFields]:
        return Call("GET", f"{self.path}/fields", read_json)

    def cite(self, key: str, style: str | None, locale: str | None) -> Call[str]:
        query = {"as": "citation", "style": style, "locale": locale}
        return Call("GET", self._item(key), _read_citation, pairs(query))

    def text(self, key: str, form: str) -> Call[str]:
        return Call("GET", self._item(key), read_text, (("as", form),))

    def export(self, form: str, query: Mapping[str, Parameter]) -> Call[None]:
        """Its answer is a stream."""
        return Call("GET", self.path, _nothing, pairs({**query, "as": form}), headers={"Cache-Control": "no-store"})

    def _item(self, key: str) -> str:
        return f"{self.path}/{segment(key)}"


def _read_citation(response: httpx.Response) -> str:
    return response.text.strip()


def _nothing(_: httpx.Response) -> None:
    return None


def overview() -> Call[Overview]:
    return Call("GET", "/v1", read_json)


def complete(words: str) -> Call[Completions]:
    return Call("GET", "/v1/autocomplete", read_json, (("q", words),))


def evidence_map(query: Mapping[str, Parameter]) -> Call[EvidenceMap]:
    return Call("GET", "/v1/map", read_json, pairs(query))


def changes(since: str | int, documents: bool, wait: int, query: Mapping[str, Parameter]) -> Call[PublicChanges]:
    own = {"since": since, "include": "document" if documents else None, "wait": wait or None}
    return Call("GET", "/v1/changes", _read_changes, pairs({**own, **query}), wait=wait)


def _read_changes(response: httpx.Response) -> PublicChanges:
    return cast(PublicChanges, response.json())
