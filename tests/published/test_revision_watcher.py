"""The published revision is never from before its reader came."""

import asyncio

from app.documents.revision_watcher import watch_revision
from app.documents.revisions import PublishedRevision
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
