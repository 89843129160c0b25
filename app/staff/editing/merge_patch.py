"""Merge patches (RFC 7396), inputs checked against their models, and differences between inputs."""

from typing import Any

from app.catalogue.kind import In, Kind, Row
from app.catalogue.schema import ACCEPTED
from app.http.problems.validation_errors import validate_body
from app.kit.json_types import JsonMapping, JsonObject


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396 section 2: members of objects are merged, null removes, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


def validate_input(kind: Kind[Row, In], data: JsonMapping, *, accepted: bool = False) -> In:
    """The input of that kind; `accepted` once before. Raises `Invalid` with an error for each location."""
    return validate_body(kind.input, data, context=ACCEPTED if accepted else None)


def three_way_differences(ancestor: JsonMapping, yours: JsonMapping, theirs: JsonMapping) -> dict[str, JsonObject]:
    """By field, what either of two changed since their common ancestor."""
    names = [name for name in {**ancestor, **theirs, **yours} if not _agree(name, ancestor, yours, theirs)]
    return {
        name: {"yours": yours.get(name), "theirs": theirs.get(name), "ancestor": ancestor.get(name)}
        for name in sorted(names)
    }


def _agree(name: str, *inputs: JsonMapping) -> bool:
    first = inputs[0].get(name)
    return all(each.get(name) == first for each in inputs)


def differences(before: JsonMapping, after: JsonMapping) -> dict[str, JsonObject]:
    """By field, `old` and `new`; for a list also its items that were `added` and `removed`."""
    names = sorted(name for name in {**before, **after} if before.get(name) != after.get(name))
    return {name: _difference(before.get(name), after.get(name)) for name in names}


def _difference(old: object, new: object) -> JsonObject:
    if isinstance(old, dict) and isinstance(new, dict):
        return {"old": old, "new": new, "within": differences(old, new)}
    if not isinstance(old, list) or not isinstance(new, list):
        return {"old": old, "new": new}
    added = [each for each in new if each not in old]
    removed = [each for each in old if each not in new]
    return {"old": old, "new": new, "added": added, "removed": removed, "reordered": not added and not removed}
