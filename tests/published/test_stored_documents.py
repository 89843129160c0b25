"""What is stored for addresses at which nothing is published any more."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.catalogue.registry import BY_NAME
from app.documents.store import DocumentRow
from app.kit.clock import rfc3339
from tests.corpus import Corpus
from tests.factories import NOW, change, make_person, make_publication

PUBLICATION, TERM = BY_NAME["publication"], BY_NAME["term"]
LATER = NOW + timedelta(days=1)


def stored(kb: Corpus, collection: str, slug: str) -> tuple[str, bool, Any]:
    """The state of what stands there, whether it is known by an id, and its body."""
    with kb.read() as session:
        row = session.scalars(
            select(DocumentRow).where(DocumentRow.collection == collection, DocumentRow.slug == slug)
        ).one()
        return row.state, row.uuid is not None, json.loads(row.body)


def test_a_former_address_keeps_what_it_leads_to(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
    own = kb.client.json("/v1/publications/one")["id"]
    with kb.write() as session:
        change(session, PUBLICATION, "one", slug="two")
    leads_to = {"id": own, "slug": "two", "url": "/v1/publications/two"}
    assert stored(kb, "publications", "one") == ("moved", False, leads_to)


def test_a_former_address_of_what_was_replaced_keeps_what_replaced_it(kb: Corpus) -> None:
    with kb.write() as session:
        change(session, TERM, "consent", scheme="topic", slug="agreement")
    with kb.write() as session:
        change(session, TERM, "agreement", scheme="topic", replaced_by="trust")
    trust = kb.client.json("/v1/topics/trust")["id"]
    leads_to = {"id": trust, "slug": "trust", "url": "/v1/topics/trust"}
    assert stored(kb, "topics", "consent") == ("moved", False, leads_to)
    assert stored(kb, "topics", "agreement") == ("moved", True, leads_to)


def test_somebody_whom_nothing_names_any_more_leaves_a_tombstone(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada")
        make_publication(session, slug="one", contributors=[{"agent": "people/ada", "role": "author"}])
    own = kb.client.json("/v1/people/ada")["id"]
    with kb.write() as session:
        change(session, PUBLICATION, "one", contributors=[], now=LATER)
    named = {"kind": "person", "id": own, "slug": "ada", "url": "/v1/people/ada"}
    left = {**named, "reason": None, "date": rfc3339(LATER), "replacement": None}
    assert stored(kb, "people", "ada") == ("gone", True, left)
