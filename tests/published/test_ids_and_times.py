"""Every document has an id that never changes, and says when the record and what is shown of it last changed."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from app.catalogue.registry import BY_NAME
from app.documents.store import DocumentRow
from app.kit.clock import rfc3339
from app.kit.values.uuids import canonical_uuid, is_uuid, named_uuid, time_ordered_uuid
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import NOW, change, make_entry, make_person, make_publication, reinstate, withdraw

PUBLICATION, PERSON, TERM = (BY_NAME[name] for name in ("publication", "person", "term"))
LATER = NOW + timedelta(days=1)
BY_ADA = [{"agent": "people/ada", "role": "author"}]


@pytest.fixture
def ada(kb: Corpus) -> Corpus:
    """A knowledge base with a person and her publication about consent."""
    with kb.write() as session:
        make_person(session, slug="ada")
        make_publication(session, slug="one", contributors=BY_ADA, terms={"format": ["book"], "topic": ["consent"]})
    return kb


def id_of(kb: Corpus, path: str) -> str:
    found: str = kb.client.json(path)["id"]
    assert is_uuid(found)
    return found


def located(kb: Corpus, path: str) -> str:
    answer = kb.client.get(path)
    assert answer.status_code == 301, answer.text
    return answer.headers["location"].removeprefix("http://127.0.0.1:8000")


def test_ids_sort_by_the_time_at_which_they_were_made() -> None:
    assert time_ordered_uuid(NOW) < time_ordered_uuid(LATER)
    assert named_uuid("publication", "", "one") < time_ordered_uuid(NOW)
    assert named_uuid("publication", "", "one") == "00000000-0000-83ce-ab1a-745586ad2825"
    assert canonical_uuid("01890A5D-AC96-774B-BCCE-B302099A8057") == "01890a5d-ac96-774b-bcce-b302099a8057"
    with pytest.raises(ValueError, match="must be an id"):
        canonical_uuid("one")


def test_every_document_answers_under_its_id(ada: Corpus) -> None:
    for path in ("publications/one", "people/ada", "topics/consent", "vocabularies/topic"):
        collection, _ = path.split("/")
        own = id_of(ada, f"/v1/{path}")
        for key in (own, own.upper()):
            assert ada.client.json(f"/v1/{collection}/{key}") == ada.client.json(f"/v1/{path}")
        assert ada.client.slugs(f"/v1/{collection}?id={own.upper()}") == [path.split("/")[1]]
    one = id_of(ada, "/v1/publications/one")
    assert id_of(ada, f"/v1/entries/{one}") == one
    assert ada.client.get(f"/v1/publications/{one}.ris").text == ada.client.get("/v1/publications/one.ris").text
    assert ada.client.json(f"/v1/publications/{one}/related")["results"] == []
    ada.client.refused(f"/v1/events/{one}", 404)
    ada.client.refused(f"/v1/publications/{named_uuid('nothing')}", 404)
    (fault,) = ada.client.refused("/v1/publications?id=one")["errors"]
    assert fault["message"].endswith("must be an id such as 01890a5d-ac96-774b-bcce-b302099a8057")


def test_whatever_is_referred_to_is_referred_to_by_id_too(ada: Corpus) -> None:
    one = ada.client.json("/v1/publications/one")
    assert one["contributors"][0]["id"] == id_of(ada, "/v1/people/ada")
    assert one["terms"]["topic"][0]["id"] == id_of(ada, "/v1/topics/consent")
    ethics = ada.client.json("/v1/topics/ethics")
    assert ethics["narrower"][0]["id"] == id_of(ada, "/v1/topics/consent")
    (branch,) = (each for each in ada.client.json("/v1/vocabularies/topic")["terms"] if each["slug"] == "ethics")
    assert branch["id"] == ethics["id"]


def test_an_id_stays_when_a_name_goes(ada: Corpus) -> None:
    own = id_of(ada, "/v1/publications/one")
    with ada.write() as session:
        change(session, PUBLICATION, "one", slug="two", now=LATER)
    assert id_of(ada, "/v1/publications/two") == own
    assert ada.client.json(f"/v1/publications/{own}")["slug"] == "two"
    with ada.write() as session:
        withdraw(session, PUBLICATION, "two", now=LATER)
    assert problem(ada.client.get(f"/v1/publications/{own}"), 410)["reason"] == "Published by mistake."
    with ada.write() as session:
        reinstate(session, PUBLICATION, "two", now=LATER)
    assert id_of(ada, "/v1/publications/two") == own


def test_what_was_replaced_leads_on_from_its_id(ada: Corpus) -> None:
    own = id_of(ada, "/v1/topics/consent")
    with ada.write() as session:
        change(session, TERM, "consent", scheme="topic", replaced_by="trust", now=LATER)
    assert located(ada, f"/v1/topics/{own}") == "/v1/topics/trust"


def test_somebody_who_is_not_shown_any_more_keeps_the_id_when_the_name_is_given_away(ada: Corpus) -> None:
    own = id_of(ada, "/v1/people/ada")
    with ada.write() as session:
        change(session, PUBLICATION, "one", contributors=[])
        change(session, PERSON, "ada", slug="ada-example")
        make_person(session, slug="ada", name="Ada Other")
        make_publication(session, slug="two", contributors=BY_ADA)
    assert id_of(ada, "/v1/people/ada") != own
    problem(ada.client.get(f"/v1/people/{own}"), 410)
    with ada.write() as session:
        contributors = [{"agent": "people/ada-example", "role": "author"}]
        make_publication(session, slug="three", contributors=contributors)
    assert id_of(ada, "/v1/people/ada-example") == own


def test_a_new_label_changes_what_is_shown_and_not_the_record(ada: Corpus) -> None:
    def times(path: str) -> Any:
        found = ada.client.json(path)
        return found["updated_at"], found["indexed_at"], found["revision"]

    before = times("/v1/publications/one")
    revision = ada.client.json("/v1")["revision"]
    assert before == (rfc3339(NOW), rfc3339(NOW), revision)
    with ada.write() as session:
        change(session, TERM, "consent", scheme="topic", label="Agreement", now=LATER)
    assert times("/v1/publications/one") == (rfc3339(NOW), rfc3339(LATER), revision + 1)
    assert times("/v1/topics/consent") == (rfc3339(LATER), rfc3339(LATER), revision + 1)
    assert times("/v1/people/ada") == (rfc3339(NOW), rfc3339(NOW), revision)


def test_all_three_can_be_filtered_by_and_sorted(ada: Corpus) -> None:
    with ada.write() as session:
        make_publication(session, slug="two", now=LATER)
    revision = ada.client.json("/v1/publications/two")["revision"]
    for query in (
        f"revision__gt={revision - 1}",
        f"indexed_at__gt={rfc3339(NOW)}",
        f"updated_at__gte={rfc3339(LATER)}",
    ):
        assert ada.client.slugs(f"/v1/publications?{query}") == ["two"], query
    for query in (f"revision__lt={revision}", f"indexed_at__lt={rfc3339(LATER)}", "indexed_at__lte=2026-01-01"):
        assert ada.client.slugs(f"/v1/publications?{query}") == ["one"], query
    for name in ("revision", "indexed_at", "updated_at"):
        assert ada.client.slugs(f"/v1/entries?sort=-{name}") == ["two", "one"]
        assert ada.client.slugs(f"/v1/entries?sort={name}") == ["one", "two"]
    assert ada.client.slugs(f"/v1/people?revision__lt={revision}") == ["ada"]
    description = ada.client.json(f"/v1/publications?revision__gt={revision}")["meta"]["description"]
    assert description.startswith(f"publications with revision after {revision}")


def test_no_slug_looks_like_an_id(kb: Corpus) -> None:
    with kb.write() as session, pytest.raises(ValidationError, match="must not look like an id"):
        make_entry(session, PUBLICATION, slug=named_uuid("one"))


def test_what_is_seeded_has_the_same_id_everywhere(seeded: Corpus) -> None:
    for kind, scheme, path in (
        (
            "publication",
            "",
            "publications/framework-for-ethical-innovation",
        ),
        ("term", "topic", "topics/defining-innovation"),
        ("vocabulary", "", "vocabularies/topic"),
    ):
        collection, slug = path.split("/")
        found = seeded.client.get(f"/v1/{collection}/{named_uuid(kind, scheme, slug)}")
        assert found.status_code == 200, path
        assert found.json()["slug"] == slug


def test_documents_are_numbered_in_the_order_in_which_their_sources_were_made(seeded: Corpus) -> None:
    """Whatever the order in which a database gives rows: equal results come in that of these numbers."""
    with seeded.read() as session:
        first = session.execute(select(DocumentRow.kind, DocumentRow.source).order_by(DocumentRow.id)).all()
    for kind in ("publication", "term", "person"):
        sources = [source for its, source in first if its == kind]
        assert sources == sorted(sources), kind
