"""The published revision is never from before its reader came."""

import asyncio
from unittest import mock

from app.documents.revision_watcher import SqliteRevisionWatcher, assumed, watch_revision
from app.documents.revisions import NOTHING_PUBLISHED, PublishedRevision
from tests.corpus import Corpus
from tests.factories import make_publication


def publish_one(kb: Corpus, slug: str) -> PublishedRevision:
    """The published revision after it."""
    with kb.write() as session:
        make_publication(session, slug=slug)
    return kb.service.revision_watcher.read()


def test_who_comes_after_a_commit_sees_it_however_soon(kb: Corpus) -> None:
    async def readers() -> list[tuple[PublishedRevision, PublishedRevision]]:
        watcher = watch_revision(kb.service.sessions.engine)
        seen = []

        async def commit_and_read(slug: str) -> None:
            committed = publish_one(kb, slug)
            seen.append((committed, await asyncio.create_task(watcher())))

        for number in range(5):
            await asyncio.gather(watcher(), watcher(), commit_and_read(f"publication-{number}"), watcher())
        await asyncio.sleep(0)
        watcher.close()
        return seen

    for committed, read in asyncio.run(readers()):
        assert read >= committed


def test_what_a_request_has_read_is_handed_on_once(kb: Corpus) -> None:
    published = publish_one(kb, "one")
    watcher = kb.service.revision_watcher

    async def looks(*, once: bool) -> list[PublishedRevision]:
        with assumed(NOTHING_PUBLISHED, once=once):
            return [await asyncio.create_task(watcher()), await watcher(), await watcher()]

    assert asyncio.run(looks(once=True)) == [NOTHING_PUBLISHED, published, published]
    assert asyncio.run(looks(once=False)) == [NOTHING_PUBLISHED] * 3
    assert asyncio.run(watcher()) == published


def test_an_answer_asks_for_the_revision_once(kb: Corpus) -> None:
    publish_one(kb, "one")
    kb.client.get("/v1/publications")
    kind = type(kb.service.revision_watcher)
    read = "read_now" if kind is SqliteRevisionWatcher else "_read"
    with mock.patch.object(kind, read, autospec=True, side_effect=getattr(kind, read)) as asked:
        kb.client.get("/v1/publications?sort=title")
    assert asked.call_count == 1
