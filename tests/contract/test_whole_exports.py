"""Without a page an export is all that matches: streamed, from one revision, few at a time."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import Message, Scope

from app.catalogue.registry import BY_NAME
from app.exports.context import ExportContext
from app.exports.formats import FORMATS
from app.exports.record import Record
from app.reading import export_stream
from app.reading.context import ReadingContext
from tests.client import problem
from tests.contract.conftest import LoadedService
from tests.corpus import Corpus
from tests.factories import change, make_publication

pytestmark = pytest.mark.one_engine

CITED = ("csl", "bibtex", "ris", "csv")


@pytest.mark.parametrize(
    "query", ["", "topic=ethics&sort=title", "issued__gte=2020", "q=lantern", "kind=site&kind=event"]
)
def test_it_is_all_that_a_walk_finds(loaded: LoadedService, query: str) -> None:
    client = loaded.kb.client
    order = "" if "sort" in query else "&sort=-issued,title"
    documents = list(client.walk(f"/v1/entries?{query}{order}&per_page=100&cursor=*"))
    items = json.loads(client.get(f"/v1/entries.csl?{query}").text)
    assert [each["title"] for each in items] == [each["title"] for each in documents]
    for name in CITED:
        form = FORMATS[name]
        records = [record_of(each) for each in documents]
        context = ExportContext(vocabularies=tuple(documents[0]["terms"]))
        answer = client.get(f"/v1/entries.{form.extension}?{query}")
        assert answer.content.decode() == form.render(records, context)
        name = "entries.csl.json" if name == "csl" else f"entries.{form.extension}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_a_page_is_a_page(loaded: LoadedService) -> None:
    client = loaded.kb.client
    for query in ("per_page=3", "page=2&per_page=3", "cursor=*&sort=title&per_page=3", "sample=3"):
        answer = client.get(f"/v1/entries.csl?{query}")
        assert len(json.loads(answer.text)) == 3
        assert "content-length" in answer.headers


def test_all_at_once_come_in_no_order_of_relevance(loaded: LoadedService) -> None:
    (error,) = loaded.kb.client.refused("/v1/entries.ris?q=lantern&sort=relevance")["errors"]
    assert (error["parameter"], error["code"]) == ("sort", "needs-pages")
    assert loaded.kb.client.get("/v1/entries.ris?q=lantern&sort=relevance&per_page=2").status_code == 200


def test_its_tag_is_of_revision_query_format_and_coding(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
    paths = ("/v1/publications.csl", "/v1/publications.ris", "/v1/publications.csl?sort=slug")
    answers = [kb.client.get(path, accept_encoding=coding) for path in paths for coding in ("gzip", "identity")]
    tags = [answer.headers["etag"] for answer in answers]
    assert len(set(tags)) == len(tags)
    for answer in answers:
        again = kb.client.get(
            answer.request.url.raw_path.decode(), accept_encoding=answer.request.headers["accept-encoding"]
        )
        assert (again.headers["etag"], again.content) == (answer.headers["etag"], answer.content)
        assert answer.headers["cache-control"] == "public, no-cache"
        assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert kb.client.get(paths[0], accept_encoding="identity", if_none_match=tags[1]).status_code == 304
    with kb.write() as session:
        make_publication(session, slug="two")
    changed = kb.client.get(paths[0], accept_encoding="identity", if_none_match=tags[1])
    assert (changed.status_code, len(changed.json())) == (200, 2)


def test_more_than_an_export_may_have_is_refused_and_a_page_is_not(kb: Corpus) -> None:
    with kb.write() as session:
        for number in range(3):
            make_publication(session, slug=f"p{number}")
    context = kb.service.services[ReadingContext]
    kb.service.services.add(ReadingContext, replace(context, max_export=2))
    (error,) = kb.client.refused("/v1/publications.ndjson")["errors"]
    assert error["code"] == "too-many-records"
    assert "matches 3 records; an export has at most 2" in error["message"]
    assert len(kb.client.get("/v1/publications.ndjson?slug=p0&slug=p1").text.splitlines()) == 2
    assert len(kb.client.get("/v1/publications.ndjson?per_page=3").text.splitlines()) == 3


def test_head_makes_nothing(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_stream, "export_blocks", lambda *_: pytest.fail("something was made"))
    answer = kb.client.request("HEAD", "/v1/publications.ris")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "etag" in answer.headers


def record_of(document: dict[str, Any]) -> Record:
    view = BY_NAME[document["kind"]].record
    assert view is not None
    return view(document)


class Reader:
    """Somebody who asks the application for an export, and does something after each block that arrives."""

    def __init__(self, kb: Corpus, path: str, after: Callable[[int], None] = lambda _: None, host: str = "192.0.2.1"):
        self.kb = kb
        self.path = path
        self.after = after
        self.host = host
        self.agent = b"harvester"
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.blocks: list[bytes] = []
        self.complete = False
        self.gone = asyncio.Event()

    def scope(self) -> Scope:
        headers = [(b"host", b"127.0.0.1:8000"), (b"accept-encoding", b"identity"), (b"user-agent", self.agent)]
        named = {"method": "GET", "scheme": "http", "path": self.path, "raw_path": self.path.encode()}
        rest = {"query_string": b"", "root_path": "", "headers": headers, "client": (self.host, 1), "server": None}
        return {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", **named, **rest}

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            return
        self.complete = not message.get("more_body", False)
        if message["body"]:
            self.blocks.append(message["body"])
            await asyncio.to_thread(self.after, len(self.blocks))

    async def ask(self) -> None:
        await self.kb.service(self.scope(), self.receive, self.send)

    def read(self) -> "Reader":
        self.kb.client._runner.run(self.ask())
        return self


@pytest.fixture
def shelf(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """Six publications, exported one by one, and none of them in memory."""
    monkeypatch.setattr(export_stream, "BATCH_SIZE", 1)
    monkeypatch.setattr(export_stream, "BLOCK_SIZE", 1)
    kb.service.index._bodies._max_bytes = 0
    with kb.write() as session:
        for number in range(6):
            make_publication(session, slug=f"p{number}", title=f"Before {number}")
    return kb


def test_what_is_changed_meanwhile_is_in_the_next_one(shelf: Corpus) -> None:
    def edit(block: int) -> None:
        if block == 2:
            with shelf.write() as session:
                change(session, BY_NAME["publication"], "p4", title="After")
                make_publication(session, slug="p9", title="After")
            assert len(shelf.snapshot.members("publications")) == 7

    reader = Reader(shelf, "/v1/publications.csl", edit).read()
    assert [each["title"] for each in json.loads(b"".join(reader.blocks))] == [
        f"Before {number}" for number in range(6)
    ]
    assert reader.complete
    titles = [each["title"] for each in shelf.client.get("/v1/publications.csl").json()]
    assert sorted(titles) == ["After", "After", *(f"Before {number}" for number in (0, 1, 2, 3, 5))]


def test_who_has_gone_gets_no_more_and_holds_nothing(shelf: Corpus) -> None:
    reader = Reader(shelf, "/v1/publications.csl")

    def leave(block: int) -> None:
        if block == 2:
            reader.gone.set()

    reader.after = leave
    reader.read()
    assert len(reader.blocks) < 6
    assert shelf.client.get("/v1/publications.csl").status_code == 200


def test_one_at_a_time_for_each_client_and_four_in_all_the_last_for_who_says_who_it_is(shelf: Corpus) -> None:
    refused: list[tuple[int, bytes]] = []

    async def crowd() -> None:
        waiting, entered = asyncio.Event(), []

        class Slow(Reader):
            async def send(self, message: Message) -> None:
                await Reader.send(self, message)
                if message["type"] == "http.response.start" and message["status"] == 200:
                    entered.append(self)
                    await waiting.wait()

        slow = [Slow(shelf, "/v1/publications.ris", host=f"192.0.2.{number}") for number in range(4)]
        slow[3].agent = b"harvester (mailto:you@example.org)"
        tasks = []
        async with asyncio.timeout(60):
            for each in slow:  # the last comes last: a place that it took is not left for the others
                tasks.append(asyncio.create_task(each.ask()))
                while each not in entered:
                    await asyncio.sleep(0)
        for host in ("192.0.2.0", "192.0.2.9"):
            reader = Reader(shelf, "/v1/publications.ris", host=host)
            await reader.ask()
            refused.append((reader.status, reader.headers[b"retry-after"]))
        page = Reader(shelf, "/v1/publications", host="192.0.2.0")
        await page.ask()
        assert page.status == 200
        waiting.set()
        await asyncio.gather(*tasks)
        assert all(each.complete and len(each.blocks) == 6 for each in slow)

    shelf.client._runner.run(crowd())
    assert refused == [(429, b"10"), (503, b"10")]
    assert Reader(shelf, "/v1/publications.ris").read().status == 200


def test_an_export_that_fails_is_cut_off_and_frees_its_place(shelf: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(RuntimeError):
        pass

    def fail(*_: Any, packed: bool) -> Iterator[bytes]:
        yield b"x"
        raise Broken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export_stream, "export_blocks", fail)
        reader = Reader(shelf, "/v1/publications.ris")
        with pytest.raises(Broken):
            reader.read()
        assert (reader.status, reader.complete) == (200, False)
    assert Reader(shelf, "/v1/publications.ris").read().complete


def test_a_wrong_question_is_a_problem_as_ever(loaded: LoadedService) -> None:
    problem(loaded.kb.client.get("/v1/entries.csv?topc=ethics"), 400)
    problem(loaded.kb.client.get("/v1/entries.csv?select=title"), 400)


@pytest.mark.parametrize("name", ["ris", "csv"])
def test_a_search_has_the_formats_of_the_list(loaded: LoadedService, name: str) -> None:
    client, accept = loaded.kb.client, {"accept": FORMATS[name].media_type, "if-none-match": "*"}
    where = {"or": [{"field": "topic", "value": "trust"}, {"field": "language", "value": "cy"}]}
    for window in ({}, {"per_page": 3, "page": 2}):
        answer = client.request("POST", "/v1/entries/search", json={"where": where, **window}, headers=accept)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        address = client.search("entries", {"where": where, **window})["links"]["alternate"][name]
        assert answer.text == client.get(address).text
    refused = client.request("POST", "/v1/entries/search", json={"facets": ["topic"]}, headers=accept)
    assert [error["pointer"] for error in problem(refused, 400)["errors"]] == ["/facets"]
    unknown = client.request("POST", "/v1/entries/search", json={}, headers={"accept": "image/png"})
    assert problem(unknown, 406)
