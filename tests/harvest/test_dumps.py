"""`/v1/dump`: everything public in one file of one revision, from which `/v1/changes` goes on."""

import base64
import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.catalogue.registry import BY_NAME
from app.harvest.dump_formats import NDJSON
from app.harvest.dumps import Dump, dump_task, find_dumps, make_dump
from app.reading.context import ReadingContext
from app.reading.requests.urls import UrlBuilder
from tests.client import BASE, problem
from tests.corpus import Corpus
from tests.factories import NOW, add_details, make_publication, withdraw
from tests.harvest.test_changes import as_listed
from tests.published.random_changes import Staff

Documents = dict[str, dict[str, Any]]


@pytest.fixture
def kb(database: str, tmp_path: Path) -> Iterator[Corpus]:
    """A knowledge base with a folder of its own for dumps."""
    with closing(Corpus(database, dump_directory=str(tmp_path / "dumps"))) as found:
        yield found


def dump(kb: Corpus, hours: int = 0) -> Dump | None:
    service = kb.service
    urls = service.services[ReadingContext].urls
    return make_dump(service.sessions, service.settings.dumps, urls, now=NOW + timedelta(hours=hours))


def documents(content: bytes) -> Documents:
    lines = [json.loads(line) for line in gzip.decompress(content).splitlines()]
    found = {each["id"]: each for each in lines}
    assert len(found) == len(lines)
    return found


def public(kb: Corpus) -> Documents:
    collections = [each["name"] for each in kb.client.json("/v1")["collections"]]
    return {each["id"]: each for name in collections for each in kb.client.walk(f"/v1/{name}?cursor=*")}


def follow(kb: Corpus, mirror: Documents, link: str) -> str:
    """Bring a mirror to the present; returns where to go on."""
    while True:
        page = kb.client.json(link.removeprefix(BASE))
        for line in page["results"]:
            mirror.pop(line["id"], None)
            if "document" in line:
                mirror[line["id"]] = line["document"]
        link = page["links"]["next"]
        if not page["meta"]["has_more"]:
            return link


def test_a_dump_and_the_changes_since_are_the_public_catalogue(kb: Corpus) -> None:
    staff = Staff(kb, seed=7)
    staff.work(20)
    assert dump(kb) is not None
    at_the_dump = public(kb)
    staff.work(20)
    answer = kb.client.get("/v1/dump")
    mirror = documents(answer.content)
    assert as_listed(mirror) == at_the_dump
    link = answer.links["next"]["url"]
    for _ in range(3):
        link = follow(kb, mirror, link)
        assert as_listed(mirror) == public(kb)
        staff.work(5)


def test_a_dump_says_what_it_is(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
    made = dump(kb)
    assert made is not None
    revision = kb.client.json("/v1")["revision"]
    answer = kb.client.get("/v1/dump")
    fields, content = answer.headers, answer.content
    assert made.name == f"dump-20260101T090000Z-{revision}.ndjson.gz"
    assert fields["content-type"] == "application/gzip"
    assert fields["content-location"] == f"{BASE}/v1/dump/{made.name}"
    assert (fields["kb-revision"], fields["kb-epoch"]) == (str(revision), kb.client.json("/v1")["epoch"])
    assert fields["repr-digest"] == f"sha-256=:{base64.b64encode(sha256(content).digest()).decode()}:"
    assert fields["last-modified"] == "Thu, 01 Jan 2026 09:00:00 GMT"
    assert (len(content), len(documents(content))) == (made.size, made.documents)
    assert kb.client.get(f"/v1/dump/{made.name}").content == content
    known = kb.client.get("/v1/dump", if_none_match=fields["etag"])
    assert (known.status_code, known.content) == (304, b"")
    head = kb.client.request("HEAD", "/v1/dump")
    assert (head.headers["content-length"], head.content) == (str(made.size), b"")


def part(kb: Corpus, value: str, **more: str) -> httpx.Response:
    return kb.client.get("/v1/dump", range=value, **more)


def test_a_download_that_broke_off_goes_on(kb: Corpus) -> None:
    dump(kb)
    whole = kb.client.get("/v1/dump")
    content, tag = whole.content, whole.headers["etag"]
    rest = part(kb, "bytes=100-", if_range=tag)
    assert (rest.status_code, rest.content) == (206, content[100:])
    assert rest.headers["content-range"] == f"bytes 100-{len(content) - 1}/{len(content)}"
    assert part(kb, "bytes=-10").content == content[-10:]
    assert part(kb, "bytes=0-0").content == content[:1]
    assert part(kb, "bytes=100-", if_range='"another"').content == content
    for unread in ("bytes=0-1,3-4", "bytes=9-3", "lines=1-2", "bytes=x-"):
        answer = part(kb, unread)
        assert (answer.status_code, answer.content) == (200, content), unread
    beyond = part(kb, f"bytes={len(content)}-")
    assert problem(beyond, 416)["title"]
    assert beyond.headers["content-range"] == f"bytes */{len(content)}"


def test_the_last_two_are_kept_and_none_is_made_where_nothing_was_published(kb: Corpus) -> None:
    made = []
    for hours, slug in enumerate(("one", "two", "three")):
        with kb.write() as session:
            make_publication(session, slug=slug)
        made.append(dump(kb, hours))
    names = [each.name for each in made if each is not None]
    assert [each.name for each in find_dumps(kb.service.settings.dumps, NDJSON)] == [names[2], names[1]]
    assert len(list(kb.service.settings.dumps.iterdir())) == 8  # in two formats, each with its manifest
    assert kb.client.get(f"/v1/dump/{names[1]}").status_code == 200
    for gone in (names[0], "..%2F..%2Fsecret", f"{names[2]}.json"):
        kb.client.refused(f"/v1/dump/{gone}", 404)
    assert dump(kb, 4) is None
    assert [each.name for each in find_dumps(kb.service.settings.dumps, NDJSON)] == [names[2]], (
        "the older one had its time"
    )


def test_without_a_dump_a_request_makes_none(kb: Corpus) -> None:
    assert kb.client.refused("/v1/dump", 404)["detail"] == "No dump has been made yet."
    assert not kb.service.settings.dumps.exists()
    kb.client.refused("/v1/dump/latest", 404)
    kb.client.refused("/v1/dump?since=0", 400)


def test_one_that_was_broken_off_leaves_what_was_there(kb: Corpus) -> None:
    dump(kb)
    before = kb.client.get("/v1/dump").content
    with kb.write() as session:
        make_publication(session, slug="one")

    class Killed(UrlBuilder):
        def absolute(self, body: bytes) -> bytes:
            raise OSError("killed")

    with pytest.raises(OSError, match="killed"):
        make_dump(kb.service.sessions, kb.service.settings.dumps, Killed(BASE), now=NOW)
    assert kb.client.get("/v1/dump").content == before
    made = dump(kb, 1)
    assert made is not None
    assert len(documents(kb.client.get("/v1/dump").content)) == made.documents
    assert {each.suffix for each in kb.service.settings.dumps.iterdir()} == {".gz", ".json"}


def test_what_is_withdrawn_is_in_no_new_dump(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one", title="Confidential after all")
    dump(kb)
    with kb.write() as session:
        withdraw(session, BY_NAME["publication"], "one")
    dump_task(kb.service.settings.dumps, timedelta(hours=1), UrlBuilder(BASE)).run(
        kb.service.sessions, NOW + timedelta(hours=1)
    )
    assert b"Confidential" not in gzip.decompress(kb.client.get("/v1/dump").content)


@pytest.mark.one_engine
def test_the_first_dump_is_made_as_soon_as_anything_is_published_and_the_next_an_hour_later(
    empty_database: str, tmp_path: Path
) -> None:
    with closing(Corpus(empty_database, dump_directory=str(tmp_path / "dumps"))) as kb:
        task = dump_task(kb.service.settings.dumps, timedelta(hours=1), UrlBuilder(BASE))
        assert task.every <= timedelta(minutes=1)
        task.run(kb.service.sessions, NOW)
        problem(kb.client.get("/v1/dump"), 404)
        with kb.write() as session:
            add_details(session)
        task.run(kb.service.sessions, NOW)
        first = kb.client.get("/v1/dump")
        assert first.status_code == 200
        with kb.write() as session:
            make_publication(session, slug="one")
        task.run(kb.service.sessions, NOW + timedelta(minutes=59))
        assert kb.client.get("/v1/dump").content == first.content
        task.run(kb.service.sessions, NOW + timedelta(minutes=60))
        assert kb.client.get("/v1/dump").content != first.content
