"""A vocabulary is a parameter of every list and an address: it takes none that is there already."""

import pytest

from app.kit.errors import Invalid
from tests.corpus import Corpus
from tests.factories import make_vocabulary


@pytest.mark.parametrize(
    ("slug", "collection", "pointer"),
    [
        ("title", "titles", "/slug"),
        ("venue", "venues", "/slug"),
        ("cursor", "cursors", "/slug"),
        ("mood", "publications", "/collection"),
        ("mood", "entries", "/collection"),
        ("mood", "staff", "/collection"),
    ],
)
def test_a_name_that_is_taken_is_refused(kb: Corpus, slug: str, collection: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        make_vocabulary(session, slug, collection)
    assert [(fault.pointer, fault.code) for fault in refusal.value.errors] == [(pointer, "reserved")]
    assert "mood" not in [each["parameter"] for each in kb.client.json("/v1")["collections"]]


def test_a_new_one_is_filtered_by_at_once(kb: Corpus) -> None:
    assert kb.client.get("/v1/entries?mood__exists=true").status_code == 400
    with kb.write() as session:
        make_vocabulary(session, "mood", "moods")
    assert kb.client.json("/v1/entries?mood__exists=true")["meta"]["count"] == 0
    assert kb.client.json("/v1/moods")["meta"]["count"] == 0
