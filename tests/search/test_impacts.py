"""How much a word tells of a document: what the module says, worked out word by word."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from app.search.scoring.impacts import (
    BORDERS,
    BY_LENGTH,
    ELSEWHERE,
    LEVELS,
    SATURATION,
    SEPARATOR,
    TEXT_FIELDS,
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


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(TEXT_FIELDS, STEMS)))
def test_every_stem_has_the_level_of_its_places_taken_together(places: dict[str, list[str]]) -> None:
    different = {stem for stems in places.values() for stem in stems}
    assert sorted(impacts(places)) == sorted(stem + SEPARATOR + level(stem, places) for stem in different)
