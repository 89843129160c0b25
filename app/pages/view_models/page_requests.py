"""The requests of the pages of lists and maps: what forms send, parsed."""

from collections.abc import Iterable, Iterator, Sequence

from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail
from app.reading.evidence_map.request import SIDES, MapRequest, parse_map_request
from app.reading.evidence_map.router import check_map_size
from app.reading.requests.list_request import ListRequest, parse_list_request
from app.reading.requests.result_window import facetable
from app.reading.requests.urls import MAX_ON_PAGE, NOT_FOR_PAGES, Pair, query_pairs
from app.search.cross_table import CrossTable, cross_table
from app.search.index.snapshot import Snapshot

ROWS, COLUMNS, CELLS = SIDES


def filled(pairs: Iterable[Pair]) -> list[Pair]:
    """Without empty form fields."""
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


def requested_map(snapshot: Snapshot, pairs: Sequence[Pair]) -> tuple[MapRequest, CrossTable, list[Pair]]:
    """The request, its table, and its parameters with defaults filled in. Empty form fields are ignored; sides that
    are not chosen are the default ones. Raises `BadQuery`."""
    given = filled(pairs)
    named = {name for name, _ in given}
    usual = [(name, value) for name, value in usual_sides(snapshot, given) if name not in named]
    parameters = [*given, *usual]
    wanted = parse_map_request(snapshot, parameters)
    table = cross_table(snapshot, wanted.query, wanted.rows, wanted.columns, wanted.cells)
    check_map_size(table, query_pairs(snapshot, wanted.query))
    return wanted, table, parameters


def usual_sides(snapshot: Snapshot, given: Sequence[Pair]) -> Iterator[Pair]:
    """Across, the shortest vocabulary with an order of its own, for screens are narrow; down, of those that say no sort
    of thing, the one that most entries have. Of the fields that are left, where there are too few vocabularies."""
    taken = {value for name, value in given if name in SIDES}
    fields = snapshot.fields(snapshot.registry.everything)
    ordered = [each for each in snapshot.registry.facets if each.is_ordered]
    others = [each for each in snapshot.registry.facets if not each.is_ordered and not each.is_required]
    across = [each.name for each in sorted(ordered, key=lambda each: len(snapshot.members(each.collection)))]
    down = sorted((each.name for each in others), key=lambda name: -len(snapshot.with_field(fields[name])))
    rest = list(facetable(snapshot, snapshot.registry.everything))
    for side, names in ((ROWS, [*down, *rest]), (COLUMNS, [*across, *rest])):
        chosen = next(name for name in names if name not in taken)
        taken.add(chosen)
        yield side, chosen
