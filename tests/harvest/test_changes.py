"""`/v1/changes`: every public change in the order of the commits, one line a document, resumable and exact."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.types import Message

from app.catalogue.registry import BY_NAME
from app.documents.revision_watcher import assumed
from app.documents.revisions import PublishedRevision
from app.harvest.context import HarvestContext
from app.harvest.positions import Position
from app.harvest.signal import PublicationSignal
from app.http.readers import Reader
from app.kit.clock import rfc3339
from app.staff.editing.writer import find
from tests.client import BASE, problem
from tests.corpus import Corpus
from tests.factories import NOW, change, make_person, make_publication, withdraw
from tests.published.random_changes import Staff

PUBLICATION, TERM = BY_NAME["publication"], BY_NAME["term"]
LATER = NOW + timedelta(days=1)


def all_changes(kb: Corpus, since: object, more: str = "") -> list[dict[str, Any]]:
    """All changes since a position, page by page."""
    return list(pages(kb, since, more))


def pages(kb: Corpus, since: object, more: str = "") -> Iterator[dict[str, Any]]:
    has_more = True
    while has_more:
        page = kb.client.json(f"/v1/changes?since={since}{more}")
        since, has_more = page["meta"]["next"], page["meta"]["has_more"]
        yield from page["results"]


def as_listed(shown: Any) -> Any:
    """Without the long texts of entries and what they are looked for by, which lists leave out."""
    if isinstance(shown, dict):
        left_out = {"body", "hidden_labels"} if "body" in shown else set()
        return {name: as_listed(each) for name, each in shown.items() if name not in left_out}
    return [as_listed(each) for each in shown] if isinstance(shown, list) else shown


def in_short(lines: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(each["change"], each.get("slug")) for each in lines]


@pytest.fixture
def since(kb: Corpus) -> int:
    """The revision before anything of a test."""
    revision: int = kb.client.json("/v1")["revision"]
    return revision


def test_each_change_is_listed_once_and_in_the_order_of_commits(kb: Corpus, since: int) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
        make_publication(session, slug="two")
    with kb.write() as session:
        make_person(session, slug="nobody")  # whom nothing published names
        change(session, PUBLICATION, "one", title="Another title", now=LATER)
    lines = all_changes(kb, since)
    assert in_short(lines) == [("created", "two"), ("created", "one")]
    one = kb.client.json("/v1/publications/one")
    assert lines[1] == {
        "change": "created",
        "id": one["id"],
        "revision": one["revision"],
        "at": rfc3339(LATER),
        "kind": "publication",
        "slug": "one",
        "url": f"{BASE}/v1/publications/one",
    }
    assert in_short(all_changes(kb, lines[0]["revision"])) == [("updated", "one")]
    assert all_changes(kb, one["revision"]) == []


def test_what_was_withdrawn_is_reported_with_reason_and_replacement(kb: Corpus, since: int) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
        make_publication(session, slug="two", title="The second")
    with kb.write() as session:
        replacement = find(session, PUBLICATION, "two")
        withdraw(session, PUBLICATION, "one", now=LATER, replacement=replacement)
    (line,) = (each for each in all_changes(kb, since) if each["change"] == "withdrawn")
    id_of_two = kb.client.json("/v1/publications/two")["id"]
    two = {"id": id_of_two, "slug": "two", "label": "The second", "url": f"{BASE}/v1/publications/two"}
    assert (line["slug"], line["reason"], line["replacement"]) == ("one", "Published by mistake.", two)


def test_somebody_whom_nothing_names_any_more_is_withdrawn_without_a_reason(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada")
        make_publication(session, slug="one", contributors=[{"agent": "people/ada", "role": "author"}])
    since, ada = kb.client.json("/v1")["revision"], kb.client.json("/v1/people/ada")["id"]
    with kb.write() as session:
        change(session, PUBLICATION, "one", contributors=[], now=LATER)
    (line,) = (each for each in all_changes(kb, since) if each["id"] == ada)
    assert line == {
        "change": "withdrawn",
        "id": ada,
        "revision": kb.client.json("/v1/publications/one")["revision"],
        "at": rfc3339(LATER),
        "kind": "person",
        "slug": "ada",
        "url": f"{BASE}/v1/people/ada",
        "reason": None,
        "replacement": None,
    }
    assert problem(kb.client.get("/v1/people/ada"), 410)["date"] == rfc3339(LATER)


def test_what_was_merged_has_moved_and_what_was_renamed_has_another_name(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one", terms={"format": ["book"], "topic": ["consent"]})
    before = {name: kb.client.json(f"/v1/topics/{name}")["id"] for name in ("consent", "trust")}
    since = kb.client.json("/v1")["revision"]
    with kb.write() as session:
        change(session, PUBLICATION, "one", slug="uno", now=LATER)
        change(session, TERM, "consent", scheme="topic", replaced_by="trust", now=LATER)
    lines = {each["id"]: each for each in all_changes(kb, since)}
    trust = {"id": before["trust"], "slug": "trust", "url": f"{BASE}/v1/topics/trust"}
    assert (lines[before["consent"]]["change"], lines[before["consent"]]["to"]) == ("moved", trust)
    uno = kb.client.json("/v1/publications/uno")
    assert (lines[uno["id"]]["change"], lines[uno["id"]]["slug"]) == ("updated", "uno")
    assert "one" not in [each.get("slug") for each in lines.values()], "a former address is no document"


def test_the_documents_come_with_the_changes_where_they_are_requested(kb: Corpus, since: int) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
    (line,) = all_changes(kb, since, "&include=document")
    whole = kb.client.json("/v1/publications/one")
    assert line["document"] == {name: value for name, value in whole.items() if name != "links"}


def test_with_a_query_what_does_not_match_any_more_has_left(kb: Corpus, since: int) -> None:
    with kb.write() as session:
        make_publication(session, slug="one", terms={"format": ["book"], "topic": ["consent"]})
        make_publication(session, slug="two", terms={"format": ["book"], "topic": ["trust"]})
    query = "&collection=publications&topic=ethics"
    assert in_short(all_changes(kb, since, query)) == [("created", "one"), ("left", None)]
    after = kb.client.json(f"/v1/changes?since={since}{query}")["meta"]["next"]
    with kb.write() as session:
        change(session, PUBLICATION, "one", terms={"format": ["book"], "topic": ["trust"]}, now=LATER)
        change(session, TERM, "trust", scheme="topic", label="Confidence", now=LATER)
    left = [each for each in all_changes(kb, after, query) if each["change"] == "left"]
    assert [sorted(each) for each in left] == [["at", "change", "id", "revision"]] * 2
    assert all_changes(kb, since, "&topic=consent") == all_changes(kb, since, "&collection=entries&topic=consent")
    assert "term" not in {each.get("kind") for each in all_changes(kb, since, query)}


def test_pages_meet_exactly_however_small_they_are(kb: Corpus, since: int) -> None:
    with kb.write() as session:
        for slug in ("one", "two", "three"):
            make_publication(session, slug=slug, terms={"format": ["book"], "topic": ["trust"]})
    with kb.write() as session:  # four documents of one revision
        change(session, TERM, "trust", scheme="topic", label="Confidence", now=LATER)
    whole = all_changes(kb, since)
    assert len(whole) == 4
    assert all_changes(kb, since, "&per_page=1") == whole
    assert all_changes(kb, since, "&per_page=3&include=document") == all_changes(kb, since, "&include=document")


def test_what_changes_while_somebody_reads_comes_again(kb: Corpus, since: int) -> None:
    with kb.write() as session:
        for slug in ("one", "two", "three"):
            make_publication(session, slug=slug)
    walk = pages(kb, since, "&per_page=1")
    assert next(walk)["slug"] == "one"
    with kb.write() as session:
        change(session, PUBLICATION, "one", title="Again", now=LATER)
        make_publication(session, slug="four")
    assert [each["slug"] for each in walk] == ["two", "three", "one", "four"]


def test_a_mirror_keeps_in_step_whatever_staff_do(kb: Corpus) -> None:
    staff = Staff(kb, seed=15)
    mirror: dict[str, Any] = {}
    since: object = 0
    for _ in range(12):
        staff.work(5)
        page = {"meta": {"has_more": True}}
        while page["meta"]["has_more"]:
            page = kb.client.json(f"/v1/changes?since={since}&include=document&per_page=7")
            for line in page["results"]:
                mirror.pop(line["id"], None)
                if line["change"] in ("created", "updated"):
                    mirror[line["id"]] = as_listed(line["document"])
            since = page["meta"]["next"]
        collections = [each["name"] for each in kb.client.json("/v1")["collections"]]
        public = {each["id"]: each for name in collections for each in kb.client.walk(f"/v1/{name}?cursor=*")}
        assert mirror == public


def test_nothing_is_left_out_and_nothing_doubled_while_others_write(kb: Corpus, since: int) -> None:
    """Three writers at once; a follower reads on until it has seen all that they did."""

    def write(name: str) -> None:
        for number in range(6):
            with kb.write() as session:
                make_publication(session, slug=f"{name}-{number}")

    writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for each in writers:
        each.start()
    seen: list[str] = []
    position: object = since
    while any(each.is_alive() for each in writers) or len(seen) < 18:
        page = kb.client.json(f"/v1/changes?since={position}&per_page=4")
        seen += [each["slug"] for each in page["results"]]
        position = page["meta"]["next"]
        assert len(seen) <= 18
    for each in writers:
        each.join()
    assert sorted(seen) == sorted(f"{name}-{number}" for name in "abc" for number in range(6))


def test_a_restored_backup_makes_followers_start_over(kb: Corpus, since: int) -> None:
    foreign = Position(since, base=since, known=PublishedRevision(since, 1)).token
    expired = problem(kb.client.get(f"/v1/changes?since={foreign}"), 410)
    assert expired["title"] == "Start over"
    assert expired["detail"].startswith("The knowledge base has been restored from a backup")


def test_a_number_that_is_not_reached_is_not_said_to_be_of_a_backup(kb: Corpus) -> None:
    newest = kb.client.json("/v1/changes?since=0")["meta"]["revision"]
    assert kb.client.json(f"/v1/changes?since={newest}")["results"] == []
    expired = problem(kb.client.get(f"/v1/changes?since={newest + 1}"), 410)
    assert expired["title"] == "Start over"
    assert expired["detail"] == (
        f"The newest revision is {newest}: `since` is after it. If you had that number from here, the knowledge base "
        "has been restored from a backup. Start over, from a dump or with `since=0`."
    )


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("", "since", "missing"),
        ("?since=", "since", "missing"),
        ("?since=abc", "since", "invalid-cursor"),
        ("?since=-1", "since", "invalid-cursor"),
        ("?since=1&since=2", "since", "repeated"),
        ("?since=0&per_page=501", "per_page", "out-of-range"),
        ("?since=0&wait=61", "wait", "out-of-range"),
        ("?since=0&include=links", "include", "unknown-value"),
        ("?since=0&sort=title", "sort", "unknown-parameter"),
        ("?since=0&tpic=trust", "tpic", "unknown-parameter"),
        ("?since=0&topic=trsut", "topic", "unknown-term"),
    ],
)
def test_what_cannot_be_understood_is_refused(seeded: Corpus, query: str, parameter: str, code: str) -> None:
    (fault,) = seeded.client.refused(f"/v1/changes{query}")["errors"]
    assert (fault["parameter"], fault["code"]) == (parameter, code)
    seeded.client.refused("/v1/changes?since=0&collection=nothing", 404)


def test_listeners_are_notified_at_once_of_what_is_published(kb: Corpus, open_another: Callable[[], Corpus]) -> None:
    since = kb.client.json("/v1/changes?since=0")["meta"]["next"]
    other = open_another()

    def publish() -> None:
        with other.write() as session:
            make_publication(session, slug="one")

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=kb.service)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            waiting = [asyncio.create_task(client.get(f"/v1/changes?since={since}&wait=60")) for _ in range(3)]
            while kb.service.services[HarvestContext].signal.waiting < 3:
                await asyncio.sleep(0)
            await asyncio.to_thread(publish)
            return await asyncio.gather(*waiting)

    for answer in asyncio.run(ask()):
        assert in_short(answer.json()["results"]) == [("created", "one")]
        assert answer.headers["cache-control"] == "no-store"


def test_what_is_assumed_for_one_who_waits_is_not_for_the_others(kb: Corpus) -> None:
    """As while the database was away when the first of them came."""
    watcher = kb.service.revision_watcher
    signal = PublicationSignal(watcher, most=2, interval=0.01)

    async def never() -> Message:
        return await asyncio.Future()

    async def wait(known: PublishedRevision) -> None:
        with signal.places.place(Reader("somebody")):
            await signal.wait(known, 60, never)

    async def story() -> None:
        known = watcher.read()
        with assumed(known, once=False):
            waiting = asyncio.create_task(wait(known))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(publish)
        await asyncio.wait_for(waiting, 20)

    def publish() -> None:
        with kb.write() as session:
            make_publication(session, slug="one")

    asyncio.run(story())


def test_who_waits_in_vain_gets_the_position_to_go_on_from(kb: Corpus) -> None:
    since = kb.client.json("/v1/changes?since=0")["meta"]["next"]
    answer = kb.client.get(f"/v1/changes?since={since}&wait=1")
    assert (answer.json()["results"], answer.json()["meta"]["has_more"]) == ([], False)
    assert answer.headers["cache-control"] == "no-store"
