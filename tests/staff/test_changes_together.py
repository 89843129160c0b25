"""Several changes by one call of the writer: all or none, and each sees what the others make of it."""

from typing import Any

import pytest

from app.catalogue.registry import BY_NAME
from app.kit.errors import MAX_ERRORS, Conflict, Invalid
from app.staff.editing.writer import Change, acquire_write_lock, find
from tests.api_keys import ApiKeyClient
from tests.corpus import Corpus
from tests.factories import make_person, make_publication, save
from tests.staff.confidential_site import WORD, hidden, place

PUBLICATION = BY_NAME["publication"]
DOI = {"scheme": "doi", "value": "10.1000/one"}
IDENTIFIER_TAKEN = (
    "/1/identifiers",
    "identifier-taken",
    "This identifier is already used by another entry or agent.",
)
NOBODY = {"contributors": [{"agent": "people/nobody", "role": "author"}]}
NO_TOPIC = {"terms": {"format": ["article"], "topic": ["nothing"]}}


def publication(row: Any = None, **values: Any) -> Change:
    data = {"title": "A title", "terms": {"format": ["article"]}, **values}
    return Change(PUBLICATION, PUBLICATION.input.model_validate(data), row)


def test_a_relation_that_the_same_changes_remove_is_shown_at_neither_end(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
        make_publication(session, slug="two", relations=[{"type": "Cites", "target": "publications/one"}])
    assert kb.client.json("/v1/publications/one")["relations"][0]["slug"] == "two"
    with kb.write() as session:
        acquire_write_lock(session, 0)
        one, two = (find(session, PUBLICATION, slug) for slug in ("one", "two"))
        assert one is not None
        assert len(one.related_from) == 1
        save(session, publication(one, slug="one"), publication(two, slug="two"))
    for slug in ("one", "two"):
        assert kb.client.json(f"/v1/publications/{slug}")["relations"] == []


def test_what_another_has_is_refused_at_its_place_among_them(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one", identifiers=[DOI])
    slug_taken = ("/1/slug", "slug-taken", "Another entry has this name in addresses.")
    for values, taken in (({"slug": "one"}, slug_taken), ({"slug": "three", "identifiers": [DOI]}, IDENTIFIER_TAKEN)):
        with pytest.raises(Conflict) as refusal, kb.write() as session:
            save(session, publication(slug="two"), publication(**values))
        [error] = refusal.value.errors
        assert (error.pointer, error.code, error.message) == taken
        assert refusal.value.other == "/v1/staff/publications/one"


def test_no_two_of_them_may_have_one_identifier(kb: Corpus) -> None:
    with pytest.raises(Conflict) as refusal, kb.write() as session:
        save(session, publication(slug="one", identifiers=[DOI]), publication(slug="two", identifiers=[DOI]))
    [error] = refusal.value.errors
    assert (error.pointer, error.code, error.message) == IDENTIFIER_TAKEN
    assert refusal.value.other is None


def refused(kb: Corpus, *changes: Change) -> tuple[list[str | None], str | None]:
    """The places of what is wrong, and the summary."""
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        save(session, *changes)
    return [each.pointer for each in refusal.value.errors], refusal.value.detail


def test_all_that_is_wrong_is_told_at_its_place_among_them_and_of_one_without_its_number(kb: Corpus) -> None:
    one, two = publication(slug="one", **NOBODY), publication(slug="two", **NO_TOPIC)
    assert refused(kb, one, publication(slug="fine"), two)[0] == ["/0/contributors/0/agent", "/2/terms/topic/0"]
    assert refused(kb, publication(slug="fine"), two)[0] == ["/1/terms/topic/0"]
    assert refused(kb, publication(slug="one", **NOBODY))[0] == ["/contributors/0/agent"]
    many = [publication(slug=f"number-{number}", **NOBODY) for number in range(MAX_ERRORS + 5)]
    pointers, detail = refused(kb, *many)
    assert pointers == [f"/{number}/contributors/0/agent" for number in range(MAX_ERRORS)]
    assert "There are more errors" in str(detail)
    assert kb.client.json("/v1/publications")["meta"]["count"] == 0


def test_so_is_what_is_confidential(kb: Corpus, editor: ApiKeyClient) -> None:
    tie = {"relations": [{"type": "IsPartOf", "target": place(hidden(kb, editor))}]}
    given = {"summary": f"Among {WORD}s.", **tie}
    assert refused(kb, publication(slug="one", **tie), publication(slug="two", **given))[0] == ["/1/summary"]
    assert refused(kb, publication(slug="one", **given))[0] == ["/summary"]


def test_terms_may_come_before_their_vocabulary(kb: Corpus) -> None:
    term, vocabulary = BY_NAME["term"], BY_NAME["vocabulary"]
    calm = term.input.model_validate({"scheme": "mood", "slug": "calm", "label": "Calm"})
    mood = vocabulary.input.model_validate({"slug": "mood", "collection": "moods", "label": "Moods"})
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        save(session, Change(term, calm))
    [error] = refusal.value.errors
    assert (error.code, error.message, error.pointer) == ("unknown-reference", "Unknown vocabulary.", "/scheme")
    with kb.write() as session:
        save(session, Change(term, calm), Change(vocabulary, mood))
    assert kb.client.slugs("/v1/moods") == ["calm"]


def test_a_slug_that_another_of_the_kind_has_is_refused_by_the_database(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada")
    with pytest.raises(Conflict) as refusal, kb.write() as session:
        make_person(session, slug="ada")
    assert refusal.value.detail == "Something else has this name in addresses, or this identifier, already."
