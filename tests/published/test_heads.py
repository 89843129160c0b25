"""The head is never from before a reader came."""

import asyncio

from app.documents.heads import watch_head
from tests.factories import make_publication
from tests.knowledge import Knowledge


def publish_one(kb: Knowledge, slug: str) -> int:
    """The head after it."""
    with kb.write() as session:
        make_publication(session, slug=slug)
    return kb.service.head.read()


def test_who_comes_after_a_commit_sees_it_however_soon(kb: Knowledge) -> None:
    async def readers() -> list[tuple[int, int]]:
        head = watch_head(kb.service.sessions.engine)
        seen = []

        async def commit_and_read(slug: str) -> None:
            committed = publish_one(kb, slug)
            seen.append((committed, await asyncio.create_task(head())))

        for number in range(5):
            await asyncio.gather(head(), head(), commit_and_read(f"publication-{number}"), head())
        await asyncio.sleep(0)
        head.close()
        return seen

    for committed, read in asyncio.run(readers()):
        assert read >= committed
