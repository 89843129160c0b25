"""The window of results: which of them, how many, and which members; parsed from parameters within limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from app.catalogue.registry import BY_NAME
from app.kit.error_collector import ErrorCollector
from app.kit.errors import ONCE, ErrorDetail
from app.kit.text.suggestions import closest_matches
from app.search.cursors import START
from app.search.index.snapshot import Snapshot
from app.search.query.condition_parser import ErrorLocation, in_url

MAX_PER_PAGE = 500
MAX_HIGHLIGHTED = 100
"""Results per page in which words are marked."""
MAX_RESULTS = 10_000
"""Results that can be reached by page numbers; a cursor reaches all."""
MAX_FACETS = 10
MAX_NAMES = 100
"""Names in one `select` or `include`."""
COMBINATIONS = ("any", "all")
"""How a value of a facet is combined with the selected ones."""
FACET_SIZE, MAX_FACET_SIZE = 50, 1000
PER_GROUP, MAX_PER_GROUP = 5, 10
MAX_GROUPED = 200
"""Documents in all groups of one page."""
MAX_SAMPLED = 100
INCLUDABLE = ("contributors", "relations")


@dataclass(frozen=True)
class ResultWindow:
    """Which of the results, how many, and how much of each."""

    page: int | None = 1
    per_page: int = 25
    cursor: str | None = None
    select: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    facet_size: int = FACET_SIZE
    combine_all: bool = False
    """Whether the counts are for adding a value to the selected ones, instead of replacing them."""
    groups: int = 0
    """Groups on a page, with `group_by`."""
    group_by: str | None = None
    sample: int | None = None
    seed: int = 0
    highlight: bool = False

    @property
    def is_light(self) -> bool:
        """Whether documents are returned as stored, with few facets."""
        shaped = self.group_by or self.select or self.include or self.highlight
        return not shaped and len(self.facets) <= 3 and self.facet_size <= FACET_SIZE

    @property
    def skip(self) -> int:
        return ((self.page or 1) - 1) * self.per_page


USUAL_WINDOW = ResultWindow()
"""That of a request that says nothing of it."""


class WindowParser:
    """Parses the parameters that are not part of the query; errors go to `errors`, each with its `location`."""

    def __init__(
        self, errors: ErrorCollector, snapshot: Snapshot, collection: str, location: ErrorLocation = in_url
    ) -> None:
        self.errors = errors
        self.snapshot = snapshot
        self.collection = collection
        self.location = location

    def error(self, name: str, code: str, message: str, allowed: Sequence[str] = ()) -> None:
        self.errors.add(ErrorDetail(code, message, allowed=tuple(allowed), **self.location(name)))

    def read(self, given: Mapping[str, list[str]]) -> ResultWindow:
        """The window is valid only if no error was added."""
        if not given:
            return USUAL_WINDOW
        single = {name: self._single(name, values) for name, values in given.items()}
        usual = PER_GROUP if "group_by" in single else 25
        window = ResultWindow(
            page=None if "cursor" in single else self._number(single, "page", 1, 1, MAX_RESULTS),
            per_page=self._number(single, "per_page", usual, 1, MAX_PER_PAGE),
            cursor=single.get("cursor"),
            select=self._names(single, "select", properties),
            include=self._names(single, "include", includable),
            facets=self._names(single, "facets", facetable),
            facet_size=self._number(single, "facet_size", FACET_SIZE, 1, MAX_FACET_SIZE),
            combine_all=self._choice(single, "combine", COMBINATIONS) == "all",
            group_by=next(iter(self._names(single, "group_by", facetable)), None),
            sample=self._number(single, "sample", 1, 1, MAX_SAMPLED) if "sample" in single else None,
            seed=self._number(single, "seed", 0, 0, 999_999_999),
            highlight=self._flag(single, "highlight"),
        )
        self._check_together(single)
        self._check_effects(window)
        if window.group_by:
            return self._of_groups(window, sized="facet_size" in single)
        if window.page and window.page * window.per_page > MAX_RESULTS:
            message = f"Pages end at {MAX_RESULTS} results; to continue, use `cursor={START}`."
            self.error("page", "too-deep", message, ("cursor",))
        if len(window.facets) > MAX_FACETS:
            self.error("facets", "too-many-values", f"At most {MAX_FACETS} facets.")
        return window

    def _of_groups(self, window: ResultWindow, *, sized: bool) -> ResultWindow:
        """With the requested number of groups on a page, or else the maximum."""
        if window.per_page > MAX_PER_GROUP:
            self.error("per_page", "too-many-in-groups", f"At most {MAX_PER_GROUP} with `group_by`.")
            return window
        most = MAX_GROUPED // window.per_page
        groups = window.facet_size if sized else min(most, FACET_SIZE)
        if groups > most:
            message = f"At most {most} groups of {window.per_page} per page; use `page` for more."
            self.error("facet_size", "too-many-in-groups", message)
        if (window.page or 1) * groups > MAX_RESULTS:
            self.error("page", "too-deep", f"Pages end at {MAX_RESULTS} groups.")
        return replace(window, groups=groups)

    def _check_together(self, given: Mapping[str, str]) -> None:
        """One way through the results at a time."""
        ways = [name for name in ("page", "cursor", "sample") if name in given]
        ways[1:1] = ["group_by"] if "group_by" in given and ways != ["page"] else []
        for name in ways[1:]:
            self.error(name, "not-together", f"This cannot be combined with `{ways[0]}`.")
        if "seed" in given and "sample" not in given:
            self.error("seed", "seed-without-sample", "This requires `sample`.")
        if "facet_size" in given and "facets" not in given and "group_by" not in given:
            self.error("facet_size", "not-together", "This requires `facets` or `group_by`.")
        if "combine" in given and "facets" not in given:
            self.error("combine", "not-together", "This requires `facets`.")
        if "per_page" in given and "sample" in given:
            self.error("per_page", "not-together", "This cannot be combined with `sample`.")
        if given.get("highlight") == "true" and "group_by" in given:
            self.error("highlight", "not-together", "This cannot be combined with `group_by`.")
        if "," in given.get("group_by", ""):
            self.error("group_by", "too-many-values", "Only one field can be grouped by.")

    def _flag(self, given: Mapping[str, str], name: str) -> bool:
        return self._choice(given, name, ("false", "true")) == "true"

    def _check_effects(self, window: ResultWindow) -> None:
        """What is embedded stands in a member that is shown; words are not marked in very many documents."""
        for name in window.include if window.select else ():
            if name not in window.select:
                message = f"This has no effect unless `select` names `{name}`."
                self.error("include", "not-together", message)
        if window.highlight and window.per_page > MAX_HIGHLIGHTED:
            self.error("per_page", "out-of-range", f"At most {MAX_HIGHLIGHTED} with `highlight`.")

    def _choice(self, given: Mapping[str, str], name: str, choices: tuple[str, str]) -> str:
        """One of two, the first unless it is said."""
        chosen = given.get(name, choices[0])
        if chosen not in choices:
            self.error(name, "invalid-value", f"Must be {choices[1]} or {choices[0]}.", choices)
        return chosen

    def _single(self, name: str, values: list[str]) -> str:
        if len(values) > 1:
            self.error(name, "repeated", ONCE)
        return values[0]

    def _number(self, given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
        text = given.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and least <= int(text) <= most):
            self.error(name, "out-of-range", f"Must be a whole number from {least} to {most}.")
            return default
        return int(text)

    def _names(
        self, given: Mapping[str, str], name: str, known_names: Callable[[Snapshot, str], Sequence[str]]
    ) -> tuple[str, ...]:
        if name not in given:
            return ()
        known = known_names(self.snapshot, self.collection)
        if given[name].count(",") >= MAX_NAMES:
            self.error(name, "too-many-values", f"At most {MAX_NAMES} names.")
            return ()
        names = tuple(dict.fromkeys(given[name].split(",")))
        for each in names:
            if each not in known:
                error = ErrorDetail(f"unknown-{name}", "Unknown value.", allowed=(), **self.location(name))
                self.errors.add(error, partial(closest_matches, each, known), known)
        return names


def properties(snapshot: Snapshot, collection: str) -> tuple[str, ...]:
    """The members that documents of a collection have, over all their kinds."""
    schemas = snapshot.registry.collections[collection].schemas
    return tuple(dict.fromkeys(name for schema in schemas for name in BY_NAME[schema.kind].output.model_fields))


def includable(snapshot: Snapshot, collection: str) -> tuple[str, ...]:
    """The members that can be embedded as whole documents."""
    has_records = any(schema.has_terms for schema in snapshot.registry.collections[collection].schemas)
    return INCLUDABLE if has_records else ()


def facetable(snapshot: Snapshot, collection: str) -> tuple[str, ...]:
    return tuple(name for name, field in snapshot.fields(collection).items() if field.facetable)
