"""What the coverage-guided fuzzer begins with, and whatever it ever found, is tried with every run of the tests."""

from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.fuzz.guided.targets import TARGETS

SEEDS = Path(__file__).parent / "guided" / "seeds"


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_of_the_fuzzer_is_answered(seeded: Corpus, name: str) -> None:
    seeds = sorted((SEEDS / name).iterdir())
    assert seeds
    for each in seeds:
        TARGETS[name](seeded.service, each.read_bytes())


def test_there_are_seeds_of_what_is_fuzzed_alone() -> None:
    assert {each.name for each in SEEDS.iterdir()} == set(TARGETS)
