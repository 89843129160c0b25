"""A list with its parameters as one text, as people write it down: `publications?topic=ethics&sort=-issued`."""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from app.kit.error_collector import ErrorCollector
from app.kit.errors import ErrorDetail
from app.kit.text.suggestions import closest_matches
from app.search.query.condition_parser import QuerySchema
from app.search.query.filter_parser import read_parameters
from app.search.query.model import Query

MAX_PARAMETERS = 50


def read_list_address(
    errors: ErrorCollector, catalogue: QuerySchema, collections: Iterable[str], text: str
) -> Query | None:
    """The query; what is wrong with it, or a collection that is none of `collections`, goes to `errors`."""
    collection, _, parameters = text.partition("?")
    known = tuple(collections)
    if collection not in known:
        error = ErrorDetail("unknown-collection", "Must begin with a collection of entries, for example `entries?`.")
        errors.add(error, lambda: closest_matches(collection, known), known)
        return None
    try:
        pairs = parse_qsl(parameters, keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="strict")
    except ValueError:  # of which UnicodeDecodeError is one
        errors.add(ErrorDetail("invalid-value", f"Must have at most {MAX_PARAMETERS} parameters, in UTF-8."))
        return None
    own = ErrorCollector()
    query = read_parameters(own, catalogue, collection, pairs, is_stored=True)
    errors.merge(own, lambda error: error)
    return None if own else query
