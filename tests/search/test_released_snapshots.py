"""A snapshot goes with its last reader: what publishing leaves behind does not wait for the garbage collector, which
looks at old things once in many minutes."""

import gc
from weakref import ref

from tests.corpus import Corpus
from tests.factories import make_publication

ASKED = (
    "/v1/entries?q=reefs+of+corall&facets=topic,format&per_page=5",
    "/v1/entries?sort=-title&issued__gte=2000",
    "/v1/autocomplete?q=co",
    "/v1/map?rows=topic&columns=format",
    "/v1/changes?since=0",
)
"""Whatever a snapshot makes when it is first asked for."""


def test_a_snapshot_is_freed_when_the_next_one_has_come(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, title="Coral reefs")
    for path in ASKED:
        assert kb.client.get(path).status_code == 200
    old = kb.snapshot
    _ = old.compared_passages, old.synonyms.is_name("coral"), old.words.corrections.correct("corall")
    left = ref(old)
    gc.disable()
    try:
        with kb.write() as session:
            make_publication(session, title="Mangroves")
        assert kb.snapshot is not old
        del old
        assert left() is None
    finally:
        gc.enable()
