"""Several changes by one call of the writer: all or none, and each sees what the others make of it."""

from typing import Any

import pytest

from app.catalogue.registry import BY_NAME
from app.kit.errors import Conflict
from app.staff.editing.writer import Change, acquire_write_lock, find
from tests.corpus import Corpus
from tests.factories import make_publication, save

PUBLICATION = BY_NAME["publication"]
DOI = {"scheme": "doi", "value": "10.1000/one"}
IDENTIFIER_TAKEN = (
    "/1/identifiers",
    "identifier-taken",
    "This identifier is already used by another entry or agent.",
)


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
