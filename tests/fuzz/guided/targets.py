"""What the coverage-guided fuzzer gives its bytes to, and what must be true of it: nothing is raised but refusals, what
comes of a text is bounded, and what is read, written and read again is the same."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC
from io import BytesIO
from typing import Any, Final

from app.exports.formats import FORMATS
from app.http.bodies import read_bytes
from app.intake.formats.latex import decode_latex
from app.intake.formats.source_formats import SOURCE_FORMATS, detect_format
from app.intake.formats.unsupported_files import unsupported_text
from app.intake.records.dates import partial
from app.intake.records.languages import language_tag
from app.intake.records.parsed_record import MAX_READING_SIZE, ParsedRecord, RejectedRecord
from app.kit.clock import parse_http_date
from app.kit.error_collector import ErrorCollector
from app.kit.errors import MAX_ERRORS, AppError
from app.kit.text.characters import ControlCharacterError, has_control, reject_control_characters
from app.main import Service
from app.ops.links.robots import parse as parse_robots
from app.reading.requests.list_request import ListRequest, parse_list_request, parse_query_string, parse_search_request
from app.reading.requests.urls import encoded, query_pairs
from tests.fuzz.guided.connection import talk
from tests.intake.hostile import kept, kept_texts

COLLECTIONS: Final = ("entries", "publications", "people", "topics", "events")
MAX_REFUSAL_SIZE: Final = 16_000
MAX_REFUSALS: Final = 2
"""Of one line."""
SAID_AGAIN: Final = 3
"""Records of a text, so that what is tried next comes soon."""

Target = Callable[[Service, bytes], None]


def reader(name: str) -> Target:
    def read(_: Service, data: bytes) -> None:
        detect_format(data)
        unsupported_text(data)
        lines = 1 + data.count(b"\n") + data.count(b"\r")
        refusals = read_so_far = 0
        for each in SOURCE_FORMATS[name].read(BytesIO(data)):
            if isinstance(each, RejectedRecord):
                refusals += 1
                assert len(each.reason) < 500
                continue
            read_so_far += 1
            assert kept(each) <= MAX_READING_SIZE
            assert not any(map(has_control, kept_texts(each)))
            if read_so_far <= SAID_AGAIN:
                check_said_again(name, each)
        assert refusals <= MAX_REFUSALS * lines + data.count(b"{") + data.count(b"@")

    return read


def check_said_again(name: str, reading: ParsedRecord) -> None:
    """As our export says it, it is read as one record of that title; and what was exported once stays as it is."""
    render: Any = FORMATS[name].render
    record = again = reading.record()
    texts: list[str] = []
    for _ in range(3):
        texts.append(str(render([again])))
        [read] = SOURCE_FORMATS[name].read(BytesIO(texts[-1].encode()))
        assert isinstance(read, ParsedRecord), read
        again = read.record()
    assert again.title == record.title
    assert texts[1] == texts[2]


def texts(service: Service, data: bytes) -> None:
    """LaTeX, robots.txt, languages and dates; the service is not asked."""
    text = data.decode("utf-8", errors="replace")
    decode_latex(text)
    assert parse_robots(text, "knowledge-base").allow("/robots.txt")
    with suppress(ValueError):
        assert language_tag(text)
    with suppress(ValueError):
        assert parse_http_date(text).tzinfo is UTC
    with suppress(ValueError):
        assert 4 <= len(partial(text)[0]) <= 10


def _chosen(data: bytes) -> tuple[str, bytes]:
    return COLLECTIONS[sum(data[:1]) % len(COLLECTIONS)], data[1:]


def address(service: Service, data: bytes) -> None:
    """The first byte chooses the collection."""
    collection, raw = _chosen(data)

    def ask(errors: ErrorCollector) -> ListRequest:
        pairs = parse_query_string(raw)
        for name, value in pairs:
            reject_control_characters(name + value)
        return parse_list_request(errors, service.index.current_snapshot(), collection, pairs)

    check_asked(service, collection, ask)


def tree(service: Service, data: bytes) -> None:
    """The first byte chooses the collection."""
    collection, raw = _chosen(data)
    check_asked(
        service,
        collection,
        lambda errors: parse_search_request(errors, service.index.current_snapshot(), collection, read_bytes(raw)),
    )


def check_asked(service: Service, collection: str, ask: Callable[[ErrorCollector], ListRequest]) -> None:
    """A query that is good can be said as an address and as JSON, and means the same; a refusal is small."""
    errors = ErrorCollector()
    try:
        answer = ask(errors)
        errors.check()
    except ControlCharacterError:
        return
    except AppError as error:
        check_refusal(error)
        return
    query, snapshot = answer.query, service.index.current_snapshot()
    pairs = query_pairs(snapshot, query)
    again = ErrorCollector()
    if pairs is not None:
        assert (
            parse_list_request(again, snapshot, collection, parse_query_string(encoded(pairs).encode("ascii"))).query
            == query
        )
    body = {name: value for name, value in query.as_json().items() if name != "collection"}
    assert parse_search_request(again, snapshot, collection, body).query == query
    assert not again


def check_refusal(error: AppError) -> None:
    assert len(error.errors) <= MAX_ERRORS
    texts = [error.detail]
    for fault in error.errors:
        texts += [fault.message, fault.parameter or "", fault.pointer or "", fault.suggestion or "", *fault.allowed]
    assert sum(map(len, texts)) <= MAX_REFUSAL_SIZE


TARGETS: Final[Mapping[str, Target]] = {
    **{f"reader-{name}": reader(name) for name in SOURCE_FORMATS},
    "texts": texts,
    "query-address": address,
    "query-tree": tree,
    "connection": talk,
}
