"""What the page of a list is asked with."""

from collections.abc import Iterable

from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail
from app.reading.requests.list_request import ListRequest, parse_list_request
from app.reading.requests.urls import MAX_ON_PAGE, NOT_FOR_PAGES, Pair
from app.search.index.snapshot import Snapshot


def filled(pairs: Iterable[Pair]) -> list[Pair]:
    """Without what a form leaves empty, which asks for nothing."""
    return [pair for pair in pairs if pair[1].strip()]


def parse_page_request(snapshot: Snapshot, collection: str, pairs: list[Pair]) -> ListRequest:
    """Raises `BadQuery`."""
    errors = ErrorCollector()
    for name, _ in pairs:
        if name in NOT_FOR_PAGES:
            errors.add(ErrorDetail("only-with-json", "Not available on pages.", parameter=name))
    wanted = parse_list_request(errors, snapshot, collection, pairs)
    if not errors and wanted.window.per_page > MAX_ON_PAGE:
        errors.add(ErrorDetail("out-of-range", f"A page shows at most {MAX_ON_PAGE}.", parameter="per_page"))
    errors.check(BadQuery)
    return wanted
