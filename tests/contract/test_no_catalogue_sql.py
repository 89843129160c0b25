"""Reading never asks the catalogue: no statement names one of its tables."""

import re

import pytest
from sqlalchemy import event

from app.catalogue.registry import BY_NAME
from app.db.base import Base
from tests.contract.public_responses import addresses
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import change, make_publication, withdraw

pytestmark = pytest.mark.one_engine

CATALOGUE = sorted(set(Base.metadata.tables) - {"document", "published_revision"})
NAMED = re.compile(rf"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:{'|'.join(CATALOGUE)})\b", re.IGNORECASE)


@pytest.fixture
def statements(request: pytest.FixtureRequest) -> list[str]:
    """Every statement that reaches the database from now on."""
    return []


def watch(kb: Corpus, statements: list[str]) -> None:
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(kb.service.sessions.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("memory", [2**20, 0], ids=["bodies-kept", "bodies-fetched"])
def test_no_public_address_touches_a_catalogue_table(databases: Databases, database: str, memory: int) -> None:
    kb = Corpus(database, document_memory=memory, response_memory=0)
    with kb.write() as session:
        identifiers = [{"scheme": "doi", "value": "10.1234/one"}]
        for number in range(3):
            make_publication(session, slug=f"p-{number}", title="About trust", identifiers=identifiers * (number == 1))
        change(session, BY_NAME["publication"], "p-0", slug="p-new")
        withdraw(session, BY_NAME["publication"], "p-2")
    statements: list[str] = []
    watch(kb, statements)
    urls = [*addresses(kb.client), "/v1/publications/p-0", "/v1/publications/p-2", "/v1/publications/none"]
    for url in urls:
        kb.client.get(url)
    kb.client.search("entries", {"where": {"not": {"field": "topic", "op": "any", "value": "ethics"}}, "q": "trust"})
    kb.close()
    assert len(urls) > 100
    assert any("document" in statement for statement in statements)
    assert [statement for statement in statements if NAMED.search(statement)] == []
