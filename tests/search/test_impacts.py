"""How much a word tells of a document: what the module says, worked out word by word."""

from collections.abc import Mapping
from math import log

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.search.scoring.impacts import (
    BORDERS,
    BY_LENGTH,
    ELSEWHERE,
    LEVELS,
    SATURATION,
    SEPARATOR,
    STEP,
    TEXT_FIELDS,
    impact_once,
    impacts,
)

STEMS = st.lists(st.sampled_from("abcdefgh"), max_size=40)


def level(stem: str, places: Mapping[str, list[str]]) -> str:
    weights = []
    for name, place in TEXT_FIELDS.items():
        stems = places.get(name, [])
        flattened = SATURATION * (1 - BY_LENGTH + BY_LENGTH * len(stems) / place.length)
        weights.append(place.weight * stems.count(stem) / (stems.count(stem) + flattened))
    total = ELSEWHERE * sum(weights) + (1 - ELSEWHERE) * max(weights)
    return LEVELS[sum(border <= total for border in BORDERS)]


PLACES = st.fixed_dictionaries({}, optional=dict.fromkeys(TEXT_FIELDS, STEMS))


@given(PLACES)
@example({"names": ["a", *["b"] * 400], "body": ["a"] * 40})
def test_every_stem_has_the_level_of_its_places_taken_together(places: dict[str, list[str]]) -> None:
    different = {stem for stems in places.values() for stem in stems}
    assert sorted(impacts(places)) == sorted(stem + SEPARATOR + level(stem, places) for stem in different)


@given(PLACES, st.floats(0.01, 1))
def test_a_document_that_counts_less_has_lower_levels_down_to_the_lowest(
    places: dict[str, list[str]], weight: float
) -> None:
    lower = round(log(weight, STEP))
    different = {stem for stems in places.values() for stem in stems}
    levels = {stem: LEVELS[max(0, LEVELS.index(level(stem, places)) + lower)] for stem in different}
    assert sorted(impacts(places, weight)) == sorted(stem + SEPARATOR + lowered for stem, lowered in levels.items())


@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_what_stands_once_somewhere_counts_as_in_a_text_of_the_usual_length(name: str) -> None:
    place = TEXT_FIELDS[name]
    usual = ["a", *["b"] * (int(place.length) - 1)]
    assert impact_once("a", name) in impacts({name: usual})
    for weight in (0.1, 0.5, 2.0):
        total = weight * place.weight / (1 + SATURATION)
        assert impact_once("a", name, weight) == f"a{SEPARATOR}{LEVELS[sum(border <= total for border in BORDERS)]}"
