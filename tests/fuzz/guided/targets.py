"""What the coverage-guided fuzzer gives its bytes to, and what must be true of it: nothing is raised but refusals, what
comes of a text is bounded, and what is read, written and read again is the same."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, Final

from app.exports.formats import FORMATS
from app.http.bodies import read_bytes
from app.intake.dates import partial
from app.intake.foreign import foreign_text
from app.intake.formats import SOURCES, recognised
from app.intake.latex import unlatex
from app.intake.reading import LARGEST_READING, Reading, Refusal
from app.kit.error_collector import ErrorCollector
from app.kit.errors import MOST_ERRORS, AppError
from app.kit.json_text import UncleanText, clean_text
from app.kit.text import has_control
from app.main import Service
from app.reading.addresses import encoded, query_pairs
from app.reading.asking import Asked, ask_list, ask_tree, pairs_of
from tests.fuzz.guided.connection import talk
from tests.intake.hostile import kept, kept_texts

COLLECTIONS: Final = ("entries", "publications", "people", "topics", "events")
LARGEST_REFUSAL: Final = 16_000
MOST_REFUSALS: Final = 2
"""Of one line."""
SAID_AGAIN: Final = 3
"""Records of a text, so that what is tried next comes soon."""

Target = Callable[[Service, bytes], None]


def reader(name: str) -> Target:
    def read(_: Service, data: bytes) -> None:
        recognised(data)
        foreign_text(data)
        lines = 1 + data.count(b"\n") + data.count(b"\r")
        refusals = read_so_far = 0
        for each in SOURCES[name].read(BytesIO(data)):
            if isinstance(each, Refusal):
                refusals += 1
                assert len(each.reason) < 500
                continue
            read_so_far += 1
            assert kept(each) <= LARGEST_READING
            assert not any(map(has_control, kept_texts(each)))
            if read_so_far <= SAID_AGAIN:
                check_said_again(name, each)
        assert refusals <= MOST_REFUSALS * lines + data.count(b"{") + data.count(b"@")

    return read


def check_said_again(name: str, reading: Reading) -> None:
    """As our export says it, it is read as one record of that title; and what was exported once stays as it is."""
    render: Any = FORMATS[name].render
    record = again = reading.record()
    texts: list[str] = []
    for _ in range(3):
        texts.append(str(render([again])))
        [read] = SOURCES[name].read(BytesIO(texts[-1].encode()))
        assert isinstance(read, Reading), read
        again = read.record()
    assert again.title == record.title
    assert texts[1] == texts[2]


def texts(_: Service, data: bytes) -> None:
    """LaTeX and dates."""
    text = data.decode("utf-8", errors="replace")
    unlatex(text)
    try:
        date, _ = partial(text)
    except ValueError:
        return
    assert 4 <= len(date) <= 10


def _chosen(data: bytes) -> tuple[str, bytes]:
    return COLLECTIONS[sum(data[:1]) % len(COLLECTIONS)], data[1:]


def address(service: Service, data: bytes) -> None:
    """The first byte chooses the collection."""
    collection, raw = _chosen(data)

    def ask(errors: ErrorCollector) -> Asked:
        pairs = pairs_of(raw)
        for name, value in pairs:
            clean_text(name + value)
        return ask_list(errors, service.index.current(), collection, pairs)

    check_asked(service, collection, ask)


def tree(service: Service, data: bytes) -> None:
    """The first byte chooses the collection."""
    collection, raw = _chosen(data)
    check_asked(
        service, collection, lambda errors: ask_tree(errors, service.index.current(), collection, read_bytes(raw))
    )


def check_asked(service: Service, collection: str, ask: Callable[[ErrorCollector], Asked]) -> None:
    """A query that is good can be said as an address and as JSON, and means the same; a refusal is small."""
    errors = ErrorCollector()
    try:
        asked = ask(errors)
        errors.check()
    except UncleanText:
        return
    except AppError as error:
        check_refusal(error)
        return
    query, snapshot = asked.query, service.index.current()
    pairs = query_pairs(snapshot, query)
    again = ErrorCollector()
    if pairs is not None:
        assert ask_list(again, snapshot, collection, pairs_of(encoded(pairs).encode("ascii"))).query == query
    body = {name: value for name, value in query.as_json().items() if name != "collection"}
    assert ask_tree(again, snapshot, collection, body).query == query
    assert not again


def check_refusal(error: AppError) -> None:
    assert len(error.errors) <= MOST_ERRORS
    told = [error.detail]
    for fault in error.errors:
        told += [fault.message, fault.parameter or "", fault.pointer or "", fault.suggestion or "", *fault.allowed]
    assert sum(map(len, told)) <= LARGEST_REFUSAL


TARGETS: Final[Mapping[str, Target]] = {
    **{f"reader-{name}": reader(name) for name in SOURCES},
    "texts": texts,
    "query-address": address,
    "query-tree": tree,
    "connection": talk,
}
