"""A read replica serves documents where it has reached the revision that is asked for; elsewhere nobody misses it."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from sqlalchemy import select, update

from app.catalogue.registry import BY_NAME
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.documents import readers
from app.documents.readers import PAUSE
from app.documents.revisions import PublishedRevisionRow
from app.documents.store import DocumentRow
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, change, make_publication


class Replica:
    """A copy of the database that follows only where it is told to, with titles of its own to be recognised by."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sessions = Sessions(make_engine(url))
        with self.sessions.write() as session:
            body = session.scalars(select(DocumentRow.body).where(DocumentRow.slug == "one")).one()
            marked = body.replace('"title":"one"', '"title":"one, of the replica"')
            session.execute(update(DocumentRow).where(DocumentRow.slug == "one").values(body=marked))

    def take_another_past(self) -> None:
        with self.sessions.write() as session:
            session.execute(update(PublishedRevisionRow).values(epoch=-1))


@pytest.fixture(scope="module")
def origin(databases_of: Callable[[str], Databases]) -> Iterator[tuple[Databases, str]]:
    """A database with one publication."""
    databases = databases_of("postgresql")
    with databases.copied(databases.template("furnished", add_details)) as url:
        sessions = Sessions(make_engine(url))
        with sessions.write() as session:
            make_publication(session, slug="one", title="one")
        sessions.dispose()
        yield databases, url


@pytest.fixture
def replica(origin: tuple[Databases, str]) -> Iterator[Replica]:
    databases, url = origin
    with databases.copied(url) as copy:
        found = Replica(copy)
        yield found
        found.sessions.dispose()


@pytest.fixture
def kb(origin: tuple[Databases, str], replica: Replica) -> Iterator[Corpus]:
    """It keeps no documents in memory, so every answer reads them."""
    databases, url = origin
    with databases.copied(url) as own, closing(Corpus(own, document_memory=0, replica_url=replica.url)) as found:
        yield found


def title(kb: Corpus, words: str = "one") -> object:
    """`words` make it another question, which no cached response answers."""
    return kb.client.json(f"/v1/publications?q={words}")["results"][0]["title"]


def test_documents_are_read_from_it_until_it_falls_behind(kb: Corpus) -> None:
    assert title(kb) == "one, of the replica"
    with kb.write() as session:
        change(session, BY_NAME["publication"], "one", title="one, corrected")
    assert title(kb) == "one, corrected"


def test_one_of_another_past_is_not_believed(kb: Corpus, replica: Replica) -> None:
    replica.take_another_past()
    assert title(kb) == "one"


def test_one_that_fails_is_left_alone_for_a_while(
    kb: Corpus, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(readers, "monotonic", lambda: now)
    with replica.sessions.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE document RENAME TO elsewhere")
    assert title(kb) == "one"
    with replica.sessions.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE elsewhere RENAME TO document")
    now += PAUSE / 2
    assert title(kb, "one+one") == "one", "it is not asked yet"
    now += PAUSE
    assert title(kb, "one+one+one") == "one, of the replica"
