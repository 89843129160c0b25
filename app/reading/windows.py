"""Which of the results, how many, and how much of each: read from parameters, every limit said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from app.catalogue.registry import BY_NAME
from app.kit.error_collector import ErrorCollector
from app.kit.errors import Fault
from app.kit.suggest import nearest
from app.search.cursors import START
from app.search.parsing import Place, in_address
from app.search.snapshot import Snapshot

MOST_PER_PAGE = 100
MOST_RESULTS = 10_000
"""How deep pages by number go; a cursor goes to the end."""
MOST_FACETS = 10
MOST_NAMES = 100
"""Names in one `select` or `include`."""
FACET_SIZE, MOST_FACET_SIZE = 50, 1000
PER_GROUP, MOST_PER_GROUP = 5, 10
MOST_GROUPED = 200
"""Documents in all groups of one page."""
MOST_SAMPLED = 100
INCLUDABLE = ("contributors", "relations")


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
    groups: int = 0
    """Groups on a page, with `group_by`."""
    group_by: str | None = None
    sample: int | None = None
    seed: int = 0
    highlight: bool = False

    @property
    def is_light(self) -> bool:
        """Whether documents are shown as they are stored, and little is counted beside them."""
        shaped = self.group_by or self.select or self.include or self.highlight
        return not shaped and len(self.facets) <= 3 and self.facet_size <= FACET_SIZE

    @property
    def skip(self) -> int:
        return ((self.page or 1) - 1) * self.per_page


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
        if window.group_by:
            return self._of_groups(window, sized="facet_size" in single)
        if window.page and window.page * window.per_page > MOST_RESULTS:
            message = f"Pages go as far as {MOST_RESULTS} results; to go on, walk with `cursor={START}`."
            self.fault("page", "too-deep", message, ("cursor",))
        if len(window.facets) > MOST_FACETS:
            self.fault("facets", "too-many-values", f"At most {MOST_FACETS} facets.")
        return window

    def _of_groups(self, window: Window, *, sized: bool) -> Window:
        """With as many groups on a page as were asked for, else as many as there may be."""
        if window.per_page > MOST_PER_GROUP:
            self.fault("per_page", "too-many-in-groups", f"At most {MOST_PER_GROUP} with `group_by`.")
            return window
        most = MOST_GROUPED // window.per_page
        groups = window.facet_size if sized else min(most, FACET_SIZE)
        if groups > most:
            message = f"At most {most} groups of {window.per_page} on a page; `page` goes on."
            self.fault("facet_size", "too-many-in-groups", message)
        if (window.page or 1) * groups > MOST_RESULTS:
            self.fault("page", "too-deep", f"Pages go as far as {MOST_RESULTS} groups.")
        return replace(window, groups=groups)

    def _check_together(self, given: Mapping[str, str]) -> None:
        """One way through the results at a time."""
        ways = [name for name in ("page", "cursor", "sample") if name in given]
        ways[1:1] = ["group_by"] if "group_by" in given and ways != ["page"] else []
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
