"""What assistants are answered from, and what every answer says of the whole."""

from dataclasses import dataclass
from typing import Final

import orjson

from app.catalogue.registry import ALL_ENTRIES
from app.documents.revisions import PublishedRevision
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail
from app.kit.json_types import JsonObject
from app.reading.content.detail import find_document
from app.reading.context import ReadingContext
from app.reading.requests.list_request import ListRequest, parse_list_request
from app.reading.requests.urls import Pair
from app.reading.routing import check_collection
from app.search.index.snapshot import Snapshot
from app.search.storage.rows import IndexRow

MAX_ANSWER: Final = 24_000
"""Bytes of an answer: an assistant has to read all of it."""


@dataclass(frozen=True)
class AssistantContext:
    """One for each application; `version` is that of the service."""

    reading: ReadingContext
    version: str

    @property
    def title(self) -> str:
        return str(self.reading.about["title"])

    def finish(
        self, revision: PublishedRevision, answer: JsonObject, *, shortened: str | None = None, fewer: str = "select"
    ) -> JsonObject:
        """With the licence and the revision. Where the answer would be too long, results at the end of the list
        `shortened` are left out, and it says how many. Raises `BadQuery` that names `fewer` where that is no help."""
        content = {**answer, "licence": self.reading.about["licence"], "revision": revision.number}
        size = len(orjson.dumps(content))
        if shortened is not None:
            results, left_off = list(content[shortened]), 0
            while size > MAX_ANSWER - len('"left_off":1000,') and results:
                size -= len(orjson.dumps(results.pop())) + 1
                left_off += 1
            content |= {shortened: results} | ({"left_off": left_off} if left_off else {})
        if size > MAX_ANSWER:
            message = f"The answer would have more than {MAX_ANSWER} bytes: ask for less by `{fewer}`."
            raise BadQuery(errors=[ErrorDetail("too-large", message, parameter=fewer)])
        return content

    def page_url(self, row: IndexRow) -> str:
        return self.reading.urls.pages.item(row.collection, row.slug)

    def find(self, snapshot: Snapshot, name: str) -> IndexRow:
        """The live document named by `collection/slug`, by `collection/` and an identifier, or by one of its addresses.
        Raises `NotFound`, `Gone` and `Moved`."""
        urls = self.reading.urls
        for base in (f"{urls.base}/v1/", f"{urls.pages.base}/", f"{urls.base}/"):
            name = name.removeprefix(base)
        collection, slash, key = name.partition("/")
        if not slash or collection not in snapshot.registry.collections:
            collection, key = ALL_ENTRIES, name
        return find_document(self.reading.index, snapshot, urls, collection, key, ()).row


def parse_request(snapshot: Snapshot, collection: str, pairs: list[Pair]) -> ListRequest:
    """As the interface reads the same parameters. Raises `BadQuery` and `NotFound`."""
    check_collection(snapshot, collection)
    errors = ErrorCollector()
    request = parse_list_request(errors, snapshot, collection, pairs)
    errors.check()
    return request
