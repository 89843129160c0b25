"""Several changes by one call of the writer: all or none, and each sees what the others make of it."""

from app.catalogue.registry import BY_NAME
from app.staff.editing.writer import Change, acquire_write_lock, find
from tests.corpus import Corpus
from tests.factories import make_publication, save

PUBLICATION = BY_NAME["publication"]


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
        given = {"title": "Another title", "terms": {"format": ["article"]}}
        changes = [
            Change(PUBLICATION, PUBLICATION.input.model_validate({"slug": slug, **given}), row)
            for slug, row in (("one", one), ("two", two))
        ]
        save(session, *changes)
    for slug in ("one", "two"):
        assert kb.client.json(f"/v1/publications/{slug}")["relations"] == []
