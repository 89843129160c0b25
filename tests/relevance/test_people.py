"""People are found by their family names, however much they wrote and however they are cited."""

from urllib.parse import quote

import pytest

from tests.client import Client
from tests.corpus import Corpus

pytestmark = pytest.mark.one_engine


@pytest.fixture(scope="module")
def client(seeded: Corpus) -> Client:
    return seeded.client


def found(client: Client, text: str) -> set[str]:
    page = client.json(f"/v1/entries?per_page=100&select=url&q={quote(text)}")
    return {each["url"] for each in page["results"]}


@pytest.fixture(scope="module")
def people(client: Client) -> list[dict[str, str]]:
    """Who has a family name that no other person has, and entries."""
    people = client.json("/v1/people?per_page=100&select=family,given")["results"]
    families = [person["family"] for person in people]
    return [each for each in people if families.count(each["family"]) == 1 and found(client, each["family"])]


@pytest.mark.parametrize(
    "cited",
    [
        "{initial} {family}",
        "{family}, {initial}.",
        "Prof. {initial}. {family}",
        "{family} et al",
        "{family} and colleagues",
    ],
)
def test_as_people_cite(client: Client, people: list[dict[str, str]], cited: str) -> None:
    assert len(people) > 10
    for person in people:
        text = cited.format(family=person["family"], initial=person["given"][0])
        assert found(client, text) >= found(client, person["family"]), text


def test_whoever_wrote_most_is_no_frequent_word(client: Client, people: list[dict[str, str]]) -> None:
    """The rule for words that stand in very many documents is not for names."""
    most = max(people, key=lambda person: len(found(client, person["family"])))
    works = found(client, most["family"])
    entries = client.json("/v1/entries?per_page=1")["meta"]["count"]
    assert len(works) > entries**0.6
    assert found(client, f"astrophysics {most['family']}") == works
    assert found(client, f"astrophysics {most['given']}") == set()
    assert found(client, f"{most['family']} wedding photographers") == set()
