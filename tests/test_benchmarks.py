"""The generated catalogues that measurements stand on."""

from itertools import islice
from pathlib import Path

import pytest

from benchmarks import generate, other_services, paths

COUNT = 2_000


@pytest.fixture(scope="module")
def publications() -> list[generate.Item]:
    return list(generate.publications(COUNT))


def share(publications: list[generate.Item], word: str) -> float:
    return sum(word in item["summary"].lower() for item in publications) / len(publications)


def test_the_same_size_gives_the_same_catalogue(publications: list[generate.Item]) -> None:
    assert list(generate.publications(COUNT)) == publications
    assert generate.catalogue(COUNT) == generate.catalogue(COUNT)


def test_known_words_are_as_frequent_as_promised(publications: list[generate.Item]) -> None:
    assert share(publications, generate.COMMON_WORD) == pytest.approx(1 / 3, abs=0.03)
    assert share(publications, generate.MIDDLING_WORD) == pytest.approx(1 / 100, abs=0.005)


def test_the_rare_word_is_in_one_of_ten_thousand() -> None:
    first = list(islice(generate.publications(generate.RARE_EVERY), generate.RARE_EVERY))
    holders = [number for number, item in enumerate(first) if generate.RARE_WORD in item["summary"].lower()]
    assert holders == [generate.RARE_FIRST]


def test_no_other_word_is_mistaken_for_a_known_one() -> None:
    known = (generate.COMMON_WORD, generate.MIDDLING_WORD, generate.RARE_WORD)
    assert len(set(generate.WORDS)) == len(generate.WORDS)
    assert not [word for word in generate.WORDS for each in known if word in each or each in word]


def test_summaries_have_about_150_words(publications: list[generate.Item]) -> None:
    lengths = [len(item["summary"].split()) for item in publications]
    assert (min(lengths), max(lengths)) == (130, 170)
    assert sum(lengths) / len(lengths) == pytest.approx(150, abs=1)


def test_every_reference_resolves(publications: list[generate.Item]) -> None:
    things = generate.catalogue(COUNT)
    people = {f"people/{person['slug']}" for person in things["people"]}
    assert {each["agent"] for item in publications for each in item["contributors"]} <= people
    for scheme, (collection, _) in generate.SCHEMES.items():
        used = {slug for item in publications for slug in item["terms"][scheme]}
        assert used == {term["slug"] for term in things[collection]}


def test_slugs_and_identifiers_are_unique(publications: list[generate.Item]) -> None:
    for values in (
        [item["slug"] for item in publications],
        [identifier["value"] for item in publications for identifier in item["identifiers"]],
    ):
        assert len(set(values)) == COUNT


def test_no_url_is_requested_twice() -> None:
    for urls in (paths.filtered(), paths.faceted(), paths.words_never_asked(300), paths.pages_of_a_word(300)):
        assert len(set(urls)) == len(urls)


@pytest.mark.parametrize("name", other_services.OTHERS)
def test_no_other_service_is_asked_the_same_twice(name: str) -> None:
    other = other_services.OTHERS[name]
    for questions in other.questions.values():
        addresses = [other.address(Path("catalogue.sqlite"), question) for question in islice(questions(), 5_000)]
        assert len(set(addresses)) == len(addresses)
