"""The terms of an ordered vocabulary as a journey: a path from one to the next, with how much there is at each."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

MAX_STEPS: Final = 9
MAX_LABEL_LENGTH: Final = 32
"""A journey has few steps with short names; other vocabularies are lists."""
SMALLEST, GROWTH = 20.0, 16.0
"""Radius of a step without entries, and what the fullest one has more."""
WIDTH, MIDDLE, LABELS_AT = 960, 78, 152
"""Of the wide drawing, whose steps stand beside each other."""
NARROW, STEP, LEFT = 340, 88, 52
"""Of the tall drawing, whose steps stand below each other."""


@dataclass(frozen=True, slots=True)
class Step:
    """A term: `label` is broken into lines."""

    label: str
    lines: tuple[str, ...]
    url: str
    count: int
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """`path` is that of an SVG; steps are drawn on it."""

    width: int
    height: int
    path: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """What is drawn as a step."""

    label: str
    url: str
    count: int


def is_journey(labels: Sequence[str]) -> bool:
    return 1 < len(labels) <= MAX_STEPS and all(len(label) <= MAX_LABEL_LENGTH for label in labels)


def draw_wide(stops: Sequence[Stop]) -> Drawing:
    margin = WIDTH / len(stops) / 2
    across = (WIDTH - 2 * margin) / (len(stops) - 1)
    places = [(margin + number * across, MIDDLE - 18 * math.sin(number * 1.9)) for number in range(len(stops))]
    width = max(8, int(WIDTH / len(stops) / 9.5))
    return Drawing(WIDTH, LABELS_AT + 44, _curve(places, level=True), tuple(_steps(stops, places, width)))


def draw_tall(stops: Sequence[Stop]) -> Drawing:
    places = [(LEFT + 12 * math.sin(number * 1.9), STEP * (number + 0.5)) for number in range(len(stops))]
    return Drawing(NARROW, STEP * len(stops), _curve(places, level=False), tuple(_steps(stops, places, 22)))


def _steps(stops: Sequence[Stop], places: Sequence[tuple[float, float]], width: int) -> list[Step]:
    most = max(stop.count for stop in stops) or 1
    return [
        Step(
            label=stop.label,
            lines=tuple(textwrap.wrap(stop.label, width)),
            url=stop.url,
            count=stop.count,
            x=round(x, 1),
            y=round(y, 1),
            radius=round(SMALLEST + GROWTH * math.sqrt(stop.count / most), 1),
        )
        for stop, (x, y) in zip(stops, places, strict=True)
    ]


def _curve(places: Sequence[tuple[float, float]], *, level: bool) -> str:
    """A smooth line through all places: it arrives and leaves along the journey's direction."""
    x, y = places[0]
    parts = [f"M{x:.1f} {y:.1f}"]
    for (x, y), (to_x, to_y) in pairwise(places):
        half_x, half_y = ((to_x - x) / 2, 0.0) if level else (0.0, (to_y - y) / 2)
        bends = f"{x + half_x:.1f} {y + half_y:.1f} {to_x - half_x:.1f} {to_y - half_y:.1f}"
        parts.append(f"C{bends} {to_x:.1f} {to_y:.1f}")
    return "".join(parts)
