"""From a request to what was asked: a query, a window on its results, and how much of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import Field, ValidationError

from app.catalogue.registry import BY_NAME
from app.catalogue.schema import Schema
from app.http.validation import faults_of
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, Fault, Invalid
from app.kit.suggest import nearest
from app.reading.addresses import query_pairs
from app.search.cursors import START
from app.search.parsing import RESERVED, Place, in_address, in_body, read_parameters, read_tree
from app.search.query import Query
from app.search.snapshot import Snapshot

MOST_PER_PAGE = 100
MOST_RESULTS = 10_000
"""How deep pages by number go; a cursor goes to the end."""
MOST_FACETS = 10
MOST_NAMES = 100
"""Names in one `select` or `include`."""
FACET_SIZE, MOST_FACET_SIZE = 50, 1000
PER_GROUP, MOST_PER_GROUP = 5, 10
MOST_SAMPLED = 100
MOST_PARAMETERS = 500
INCLUDABLE = ("contributors", "relations")
OF_THE_QUERY = ("q", "sort")
LISTS = ("sort", "select", "include", "facets")
"""Parameters with commas between their values; generated clients repeat them instead."""
JSON_ONLY = ("select", "include", "facets", "facet_size", "group_by", "highlight")
"""Parameters that shape the JSON answer alone."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Window:
    """Which of the results, how many, and how much of each."""

    page: int | None = 1
    per_page: int = 25
    cursor: str | None = None
    select: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    facet_size: int = FACET_SIZE
    group_by: str | None = None
    sample: int | None = None
    seed: int = 0
    highlight: bool = False

    @property
    def skip(self) -> int:
        return ((self.page or 1) - 1) * self.per_page


@dataclass(frozen=True)
class Asked:
    """`pairs` are the parameters as sent, without `as`, or those that say the same as a body; None where none can."""

    query: Query
    window: Window
    pairs: tuple[Pair, ...] | None = ()


def pairs_of(raw: bytes) -> tuple[Pair, ...]:
    """The decoded parameters of a query string (WHATWG URL, application/x-www-form-urlencoded)."""
    if not raw:
        return ()
    try:
        return tuple(
            parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
        )
    except UnicodeError:
        raise BadQuery("The parameters are not percent-encoded UTF-8.") from None
    except ValueError:
        raise BadQuery(f"At most {MOST_PARAMETERS} parameters.") from None


class WindowReader:
    """Reads the parameters that are not the query's; what is wrong goes to `errors`, each at its `place`."""

    def __init__(self, errors: ErrorCollector, snapshot: Snapshot, collection: str, place: Place = in_address) -> None:
        self.errors = errors
        self.snapshot = snapshot
        self.collection = collection
        self.place = place

    def fault(self, name: str, code: str, message: str, allowed: Sequence[str] = ()) -> None:
        self.errors.add(Fault(code, message, allowed=tuple(allowed), **self.place(name)))

    def read(self, given: Mapping[str, list[str]]) -> Window:
        """The window is of use where nothing was wrong."""
        single = {name: self._single(name, values) for name, values in given.items()}
        usual = PER_GROUP if "group_by" in single else 25
        window = Window(
            page=None if "cursor" in single else self._number(single, "page", 1, 1, MOST_RESULTS),
            per_page=self._number(single, "per_page", usual, 1, MOST_PER_PAGE),
            cursor=single.get("cursor"),
            select=self._names(single, "select", properties(self.snapshot, self.collection)),
            include=self._names(single, "include", INCLUDABLE if self._has_records() else ()),
            facets=self._names(single, "facets", facetable(self.snapshot, self.collection)),
            facet_size=self._number(single, "facet_size", FACET_SIZE, 1, MOST_FACET_SIZE),
            group_by=next(iter(self._names(single, "group_by", facetable(self.snapshot, self.collection))), None),
            sample=self._number(single, "sample", 1, 1, MOST_SAMPLED) if "sample" in single else None,
            seed=self._number(single, "seed", 0, 0, 999_999_999),
            highlight=self._flag(single, "highlight"),
        )
        self._check_together(single)
        if window.group_by and window.per_page > MOST_PER_GROUP:
            self.fault("per_page", "too-many-in-groups", f"At most {MOST_PER_GROUP} with `group_by`.")
        if window.page and window.page * window.per_page > MOST_RESULTS:
            message = f"Pages go as far as {MOST_RESULTS} results; to go on, walk with `cursor={START}`."
            self.fault("page", "too-deep", message, ("cursor",))
        if len(window.facets) > MOST_FACETS:
            self.fault("facets", "too-many-values", f"At most {MOST_FACETS} facets.")
        return window

    def _check_together(self, given: Mapping[str, str]) -> None:
        """One way through the results at a time."""
        ways = [name for name in ("page", "cursor", "group_by", "sample") if name in given]
        for name in ways[1:]:
            self.fault(name, "not-together", f"This cannot be combined with `{ways[0]}`.")
        if "seed" in given and "sample" not in given:
            self.fault("seed", "seed-without-sample", "A seed is of use with `sample` alone.")
        if "facet_size" in given and "facets" not in given and "group_by" not in given:
            self.fault("facet_size", "not-together", "It is of use with `facets` or `group_by` alone.")
        if given.get("highlight") == "true" and "group_by" in given:
            self.fault("highlight", "not-together", "Groups are not highlighted.")
        if "," in given.get("group_by", ""):
            self.fault("group_by", "too-many-values", "Group by one field.")

    def _flag(self, given: Mapping[str, str], name: str) -> bool:
        if given.get(name, "false") not in ("true", "false"):
            self.fault(name, "invalid-value", "Must be true or false.", ("true", "false"))
        return given.get(name) == "true"

    def _has_records(self) -> bool:
        return any(shape.classified for shape in self.snapshot.layout.collections[self.collection].shapes)

    def _single(self, name: str, values: list[str]) -> str:
        if len(values) > 1:
            self.fault(name, "repeated", "This parameter may be given once.")
        return values[0]

    def _number(self, given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
        text = given.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and least <= int(text) <= most):
            self.fault(name, "out-of-range", f"Must be a whole number from {least} to {most}.")
            return default
        return int(text)

    def _names(self, given: Mapping[str, str], name: str, known: Sequence[str]) -> tuple[str, ...]:
        if name not in given:
            return ()
        if given[name].count(",") >= MOST_NAMES:
            self.fault(name, "too-many-values", f"At most {MOST_NAMES} names.")
            return ()
        names = tuple(dict.fromkeys(given[name].split(",")))
        for each in names:
            if each not in known:
                error = Fault(f"unknown-{name}", "This is not among what there is.", allowed=(), **self.place(name))
                self.errors.add(error, partial(nearest, each, known), known)
        return names


def properties(snapshot: Snapshot, collection: str) -> tuple[str, ...]:
    """The members that documents of a collection have, over all their kinds."""
    shapes = snapshot.layout.collections[collection].shapes
    return tuple(dict.fromkeys(name for shape in shapes for name in BY_NAME[shape.kind].output.model_fields))


def facetable(snapshot: Snapshot, collection: str) -> tuple[str, ...]:
    return tuple(name for name, field in snapshot.fields(collection).items() if field.facetable)


def ask_list(errors: ErrorCollector, snapshot: Snapshot, collection: str, pairs: Sequence[Pair]) -> Asked:
    """A list asked by URL parameters: of use where nothing was wrong."""
    own: list[Pair] = []
    rest: dict[str, list[str]] = {}
    for name, value in _joined(pairs):
        if name in RESERVED and name not in OF_THE_QUERY:
            rest.setdefault(name, []).append(value)
        else:
            own.append((name, value))
    rest.pop("as", None)
    query = read_parameters(errors, snapshot, collection, own)
    window = WindowReader(errors, snapshot, collection).read(rest)
    _check_at_odds(errors, window, (name for name, _ in own))
    return Asked(query, window, tuple(pair for pair in pairs if pair[0] != "as"))


def _joined(pairs: Sequence[Pair]) -> list[Pair]:
    """With one pair for each parameter that lists: its values, commas between them."""
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in LISTS:
            lists.setdefault(name, []).append(value)
    rest = [pair for pair in pairs if pair[0] not in LISTS]
    return rest + [(name, ",".join(values)) for name, values in lists.items()]


def _check_at_odds(errors: ErrorCollector, window: Window, given: Iterable[str], place: Place = in_address) -> None:
    """What of the window means nothing beside what else was given: nothing is ignored."""
    if window.sample is not None and "sort" in given:
        errors.add(Fault("not-together", "A sample is in no order.", allowed=(), **place("sort")))


def refuse_json_only(pairs: Sequence[Pair], name: str) -> None:
    """Raise `BadQuery` for parameters that mean nothing in a format other than JSON: nothing is ignored."""
    faults = [
        Fault("only-with-json", f"This has no meaning in {name}.", parameter=given)
        for given, _ in pairs
        if given in JSON_ONLY
    ]
    if faults:
        raise BadQuery(errors=faults)


Names = Annotated[list[str], Field(max_length=MOST_NAMES)]


class SearchBody(Schema):
    """A search as JSON: `where` is a tree of `and`, `or`, `not` and conditions `{"field", "op", "value"}`."""

    where: dict[str, Any] | None = None
    q: str | None = None
    sort: str | Names | None = None
    page: int | None = None
    per_page: int | None = None
    cursor: str | None = None
    select: Names = []
    include: Names = []
    facets: Names = []
    facet_size: int | None = None
    group_by: str | None = None
    sample: int | None = None
    seed: int | None = None
    highlight: bool | None = None


def ask_tree(errors: ErrorCollector, snapshot: Snapshot, collection: str, body: object) -> Asked:
    """A list asked by a JSON body: of use where nothing was wrong. Raises `Invalid` for its form."""
    model = _search_body(body)
    given: dict[str, list[str]] = {}
    for name in ("page", "per_page", "cursor", "facet_size", "group_by", "sample", "seed", "highlight"):
        value = getattr(model, name)
        if value is not None:
            given[name] = [str(value).lower() if isinstance(value, bool) else str(value)]
    for name in ("select", "include", "facets"):
        if getattr(model, name):
            given[name] = [",".join(getattr(model, name))]
    query = read_tree(errors, snapshot, collection, model.model_dump(include={"where", "q", "sort"}))
    window = WindowReader(errors, snapshot, collection, in_body).read(given)
    _check_at_odds(errors, window, (name for name in OF_THE_QUERY if getattr(model, name) is not None), in_body)
    pairs = query_pairs(snapshot, query) if not errors else None
    if pairs is None:
        return Asked(query, window, None)
    return Asked(query, window, (*pairs, *((name, values[0]) for name, values in given.items())))


def _search_body(body: object) -> SearchBody:
    if not isinstance(body, dict):
        raise Invalid(errors=[Fault("invalid-value", "Must be an object.", pointer="")])
    try:
        return SearchBody.model_validate(body)
    except ValidationError as error:
        details = [{**detail, "loc": ("body", *detail["loc"][:1])} for detail in error.errors(include_url=False)]
        raise Invalid(errors=faults_of(details)) from None  # type: ignore[arg-type]


def refuse_parameters(pairs: Sequence[Pair]) -> None:
    """Raise `BadQuery` where nothing can be asked: nothing is ignored."""
    faults = [Fault("unknown-parameter", "There are no parameters here.", parameter=name) for name, _ in pairs]
    if faults:
        raise BadQuery(errors=faults)


def ask_single(snapshot: Snapshot, collection: str, pairs: Sequence[Pair]) -> Window:
    """What a single thing may be asked with: `select`, `include`. Raises `BadQuery`."""
    allowed = ("select", "include", "as")
    for name, _ in pairs:
        if name not in allowed:
            fault = Fault("unknown-parameter", "There is no such parameter here.", parameter=name, allowed=allowed)
            raise BadQuery(errors=(fault,))
    given: dict[str, list[str]] = {}
    for name, value in _joined(pairs):
        if name != "as":
            given.setdefault(name, []).append(value)
    errors = ErrorCollector()
    window = WindowReader(errors, snapshot, collection).read(given)
    errors.check()
    return window
