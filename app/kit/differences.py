"""Differences between versions, as far as they fit into a problem document."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.kit.json_types import JsonMapping

MAX_BYTES: Final = 12 * 1024
"""Bytes of JSON that the differences in one problem document may take."""
MAX_BYTES_OF_NAMES: Final = 1024
"""Bytes that the names of the fields left out may take."""


def fitting(differences: Mapping[str, JsonMapping]) -> tuple[dict[str, JsonMapping], list[str]]:
    """Those that fit, the shortest first, in the order they came in; and the names of the others, as many as fit."""
    sizes = {name: _size({name: values}) for name, values in differences.items()}
    shown = set(_within(MAX_BYTES, sorted(sizes, key=sizes.__getitem__), sizes))
    others = [name for name in differences if name not in shown]
    names = list(_within(MAX_BYTES_OF_NAMES, others, {name: _size(name) for name in others}))
    return {name: values for name, values in differences.items() if name in shown}, names


def _within(max_bytes: int, names: Sequence[str], sizes: Mapping[str, int]) -> Iterator[str]:
    left = max_bytes
    for name in names:
        left -= sizes[name]
        if left < 0:
            return
        yield name


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
