"""Readers ask for everything at once, of a service that has answered nothing yet, and get what one alone would get."""

import asyncio
import random
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from threading import Event, Thread

import httpx
import pytest

from tests.client import BASE
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import make_publication

FORMATS = ("bibtex", "ris", "csv", "csl", "ndjson", "markdown", "mods", "datacite", "jsonld", "marcxml", "dc")
WORDS = ("safeguarding", "trsut", "young people", "innovation NOT video", "peisc", '"extra-familial harm"', "zzz")
PATHS = (
    *(f"/v1/entries?as={each}&per_page=30" for each in FORMATS),
    *(f"/v1/entries?q={each}&facets=topic,stage,format&highlight=true&per_page=10" for each in WORDS),
    *(f"/v1/entries?as=citation&style={each}&per_page=20" for each in ("apa", "harvard", "mla", "vancouver")),
    *("/", "/publications", "/map", "/search?q=trust", "/v1/map?rows=topic&columns=stage"),
    *("/v1/changes?since=0&include=document&per_page=30", "/openapi/public.json", "/v1/entries.atom"),
    *("/oai?verb=ListRecords&metadataPrefix=oai_dc", "/v1/entries?sort=title&group_by=topic"),
)
MOMENT = re.compile(r"<responseDate>[^<]*")
"""The only thing that differs between two answers to a question."""
ROUNDS = 2


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """They take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


async def ask_at_once(service: Corpus, paths: Sequence[str]) -> list[httpx.Response]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=service.service), base_url=BASE) as client:
        return await asyncio.gather(*(client.get(path) for path in paths))


def content(response: httpx.Response) -> str:
    assert response.status_code == 200, f"{response.url}: {response.status_code} {response.text[:500]}"
    return MOMENT.sub("", response.text)


@pytest.mark.one_engine
@pytest.mark.usefixtures("eager_threads")
def test_who_asks_beside_others_is_answered_as_who_asks_alone(databases: Databases, seeded_database: str) -> None:
    with databases.copied(seeded_database) as url:
        with closing(Corpus(url)) as alone:
            expected = {path: content(alone.client.get(path)) for path in PATHS}
        paths = list(PATHS) * ROUNDS
        random.Random(1).shuffle(paths)
        with closing(Corpus(url)) as crowded:
            answers = asyncio.run(ask_at_once(crowded, paths))
    assert [path for path, answer in zip(paths, answers, strict=True) if content(answer) != expected[path]] == []


@pytest.mark.usefixtures("eager_threads")
def test_while_staff_publish_nobody_is_refused(databases: Databases, seeded_database: str) -> None:
    with databases.copied(seeded_database) as url, closing(Corpus(url)) as crowded:
        enough, numbers = Event(), count()

        def publish() -> None:
            while not enough.is_set():
                with crowded.write() as session:
                    make_publication(session, slug=f"one-of-many-{next(numbers)}")

        publisher = Thread(target=publish)
        publisher.start()
        answers = asyncio.run(ask_at_once(crowded, PATHS * ROUNDS))
        enough.set()
        publisher.join()
        published = crowded.client.json("/v1/publications?q=one-of-many&per_page=1")
    for answer in answers:
        content(answer)
    assert next(numbers) > 1
    assert published["meta"]["count"]
