"""Stored orders are carried on from one state to the next by moving what was changed; they are what sorting everything
would give."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME
from app.search.index.snapshot import Snapshot
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import NOW, add_details, change, make_publication, reinstate, withdraw
from tests.search.order_contents import ids

pytestmark = pytest.mark.one_engine

PUBLICATION = BY_NAME["publication"]
LATER = NOW + timedelta(days=1)


def fill(session: Session) -> None:
    """So many that a change of a few is no reason to sort everything."""
    add_details(session)
    for number in range(40):
        dated = {"issued": f"20{number % 20:02}", "duration": "PT5M"} if number % 2 else {}
        make_publication(session, slug=f"one-{number:02}", title=f"Title {number * 7 % 40:02}", **dated)


@pytest.fixture
def many(databases: Databases) -> Iterator[Corpus]:
    with databases.copied(databases.template("forty", fill)) as url, closing(Corpus(url)) as found:
        yield found


def edit(session: Session, slugs: Iterable[str], **changes: Any) -> None:
    for slug in slugs:
        change(session, PUBLICATION, slug, now=LATER, **changes)


def add(session: Session) -> None:
    for slug in ("new-one", "new-two"):
        make_publication(session, slug=slug, title="Title 03", issued="2003", now=LATER)


def take_away(session: Session) -> None:
    for slug in ("one-04", "one-05"):
        withdraw(session, PUBLICATION, slug, now=LATER)


CHANGES = {
    "titles": lambda session: edit(session, ("one-00", "one-01", "one-39"), title="Title 20 and more"),
    "other dates": lambda session: edit(session, ("one-01", "one-03"), issued="1999"),
    "first dates": lambda session: edit(session, ("one-02", "one-04"), issued="2012", duration="PT1M"),
    "no dates": lambda session: edit(session, ("one-05", "one-07"), issued=None, duration=None),
    "names": lambda session: edit(session, ("one-06",), slug="zebra"),
    "what is new": add,
    "what is no more": take_away,
}


def sorted_anew(snapshot: Snapshot) -> Snapshot:
    found = replace(snapshot, orderings={}, columns={})
    found.orders.warm()
    return found


@pytest.mark.parametrize("what", CHANGES)
def test_they_are_as_if_everything_were_sorted_anew(many: Corpus, what: str) -> None:
    before = many.snapshot
    before.orders.warm()
    with many.write() as session:
        CHANGES[what](session)
    after = many.snapshot
    assert after is not before
    assert after.columns.keys() == before.columns.keys()
    assert ids(after.orderings) == ids(sorted_anew(after).orderings)
    assert ids(after.columns) == ids(sorted_anew(after).columns)
    assert ids(before.columns) == ids(sorted_anew(before).columns)


def test_what_comes_back_is_in_its_place_again(many: Corpus) -> None:
    many.snapshot.orders.warm()
    before = many.client.slugs("/v1/publications?sort=-issued,title&per_page=100")
    with many.write() as session:
        withdraw(session, PUBLICATION, "one-05", now=LATER)
    assert many.client.slugs("/v1/publications?sort=-issued,title&per_page=100") == [
        slug for slug in before if slug != "one-05"
    ]
    with many.write() as session:
        reinstate(session, PUBLICATION, "one-05", now=LATER)
    assert many.client.slugs("/v1/publications?sort=-issued,title&per_page=100") == before
