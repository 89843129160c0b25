"""What is published next lets go of the state before it: states hold the index that answers come from."""

import gc

import pytest

from app.search.index.snapshot import Snapshot
from tests.corpus import Corpus
from tests.factories import make_publication

PATHS = (
    "/v1/publications?q=one&facets=topic",
    "/v1/publications?as=citation",
    "/v1/publications.bib",
    "/v1/autocomplete?q=on",
    "/v1/entries.atom",
    "/v1/map?rows=format&columns=year",
    "/v1/changes?since=0",
    "/v1/changes?since=0&q=one",
    "/v1/publications/fields",
    "/v1/publications/one/related",
    "/openapi/public.json",
    "/oai?verb=ListRecords&metadataPrefix=oai_dc",
    "/",
    "/search?q=one",
    "/map?rows=format&columns=year",
    "/publications/one/citation",
    "/embed/publications",
    "/oembed?url={base}/publications/one",
    "/llms-full.txt",
    "/sitemap.xml",
)


def states_of(kb: Corpus) -> int:
    """How many are in memory: a snapshot and its twin (see `Snapshot.synonyms`) are one, they share what they hold."""
    gc.collect()
    history = kb.service.index.snapshot.history
    held = (each for each in gc.get_objects() if isinstance(each, Snapshot) and each.history is history)
    return len({each.revision for each in held})


@pytest.mark.one_engine
def test_no_answer_keeps_the_state_that_it_was_made_of(kb: Corpus) -> None:
    base = kb.service.settings.base
    for slug in ("one", "two"):
        with kb.write() as session:
            make_publication(session, slug=slug)
        statuses = {path: kb.client.get(path.format(base=base)).status_code for path in PATHS}
        assert set(statuses.values()) == {200}, statuses
    assert states_of(kb) == 1
