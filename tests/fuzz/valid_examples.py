"""Of a generated question, the part that makes sense: Schemathesis asks with nearly all parameters at once.

Such a question is refused for what excludes what, and tells nothing of any one of its parameters.
"""

from collections.abc import Collection, Mapping, Set
from typing import Any
from zlib import crc32

EXCLUDE_EACH_OTHER = frozenset(
    frozenset(pair.split())
    for pair in (
        *("page cursor", "page sample", "page group_by", "cursor sample", "cursor group_by", "sample group_by"),
        *(
            "cursor q",
            "sample sort",
            "sample per_page",
            "group_by per_page",
            "group_by highlight",
            "per_page highlight",
        ),
        *("as select", "as include", "as facets", "as facet_size", "as group_by", "as highlight", "as combine"),
        *("as per_page", "as sample"),
        "include select",
    )
)
NEEDED = {
    "seed": {"sample"},
    "facet_size": {"facets", "group_by"},
    "combine": {"facets"},
    "highlight": {"q"},
    **{name: {"as"} for name in ("locale", "markup", "style")},
}
"""Of no use without one of these."""
REQUIRED = frozenset(("columns", "rows", "url"))
"""Nothing can be asked without them where they are known."""
SHAPE = {name for pair in EXCLUDE_EACH_OTHER for name in pair} | set(NEEDED)
"""What is not a condition. All conditions together would find nothing."""
MAX_CONDITIONS = 2
LEADING_ON = {"facets", "facet_size", "include", "per_page", "sort"}
"""What leaves the first documents, and their slugs, in the answer."""


def sensible(parameters: Mapping[str, Any], kept: Set[str]) -> dict[str, Any]:
    """Those in `kept`, and of the others what can stand beside them; the same part of the same question."""
    kept = kept | REQUIRED
    names = sorted(
        parameters, key=lambda name: (name not in kept, crc32(f"{name} {sorted(parameters.items())}".encode()))
    )
    chosen: list[str] = []
    for name in names:
        if name in kept or _fits(name, chosen):
            chosen.append(name)
    needless = {name for name in chosen if name in NEEDED and not NEEDED[name] & set(chosen)}
    return {
        name: value for name, value in parameters.items() if name in chosen and (name in kept or name not in needless)
    }


def leading_on(parameters: Mapping[str, Any], kept: Set[str]) -> dict[str, Any]:
    """Of a sensible question, the part whose answer has something to go on with."""
    return {name: value for name, value in sensible(parameters, kept).items() if name in kept | LEADING_ON | {"limit"}}


def _fits(name: str, chosen: Collection[str]) -> bool:
    if name not in SHAPE:
        return sum(other not in SHAPE for other in chosen) < MAX_CONDITIONS
    return not any(frozenset((name, other)) in EXCLUDE_EACH_OTHER for other in chosen)
