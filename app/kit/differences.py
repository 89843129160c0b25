"""What differs between versions, as far as it fits into an answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.kit.json_types import JsonMapping

ROOM: Final = 12 * 1024
"""Bytes of JSON that the differences told in one problem may take."""
ROOM_FOR_NAMES: Final = 1024
"""Bytes that the names of what is left out may take."""


def fitting(differences: Mapping[str, JsonMapping]) -> tuple[dict[str, JsonMapping], list[str]]:
    """Those that fit, the shortest first, in the order they came in; and the names of the others, as many as fit."""
    sizes = {name: _size({name: values}) for name, values in differences.items()}
    shown = set(_within(ROOM, sorted(sizes, key=sizes.__getitem__), sizes))
    others = [name for name in differences if name not in shown]
    names = list(_within(ROOM_FOR_NAMES, others, {name: _size(name) for name in others}))
    return {name: values for name, values in differences.items() if name in shown}, names


def _within(room: int, names: Sequence[str], sizes: Mapping[str, int]) -> Iterator[str]:
    for name in names:
        room -= sizes[name]
        if room < 0:
            return
        yield name


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
