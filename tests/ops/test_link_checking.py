"""All links, week after week: each host at its own pace, each finding written down, nothing changed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.catalogue.registry import ENTRY_KINDS
from app.jobs.kinds import by_name
from app.jobs.models import JobRow
from app.jobs.worker import Worker
from app.ops.links.checker import link_job, start_check, weekly_check_task
from app.ops.links.models import LinkCheckRow, LinkState, LinkUseRow
from app.ops.links.survey import host_of
from app.ops.links.visitor import LinkVisitor, VisitOutcome
from app.outbound.client import Outbound
from app.outbound.errors import OutboundDisabled
from tests.corpus import Corpus
from tests.factories import change, make_entry, withdraw
from tests.outbound.conftest import say, serving

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
KIND = ENTRY_KINDS[0]


class Checking:
    """Links of the entries of `kb`, visited on a clock that is moved by hand."""

    def __init__(self, kb: Corpus, answers: Callable[[str], VisitOutcome]) -> None:
        self.sessions = kb.service.sessions
        self.now = START
        self.visits: list[tuple[int, str]] = []
        self.answers = answers

    def visit(self, url: str) -> VisitOutcome:
        self.visits.append((int((self.now - START).total_seconds()), url))
        return self.answers(url)

    def delay(self, url: str) -> timedelta:
        return timedelta(seconds=10 if "slow" in url else 0)

    def worker(self) -> Worker:
        return Worker(self.sessions, by_name(link_job(self)), clock=lambda: self.now)  # type: ignore[arg-type]  # it visits nobody

    def run(self, seconds: int = 60) -> None:
        """Begin, and let so many seconds pass."""
        start_check(self.sessions, self.now)
        self.go_on(seconds)

    def go_on(self, seconds: int) -> None:
        worker = self.worker()
        for _ in range(seconds):
            while worker.step():
                pass
            self.now += timedelta(seconds=1)

    def rows(self) -> dict[str, LinkCheckRow]:
        with self.sessions.read() as session:
            return {row.url: row for row in session.scalars(select(LinkCheckRow))}


def resources(*urls: str) -> list[dict[str, str]]:
    return [{"type": "view", "url": url} for url in urls]


def write(kb: Corpus, slug: str, *urls: str, as_draft: bool = False) -> None:
    with kb.write() as session:
        make_entry(session, KIND, slug=slug, resources=resources(*urls), as_draft=as_draft)


OK = VisitOutcome(LinkState.ok, 200)
GONE = VisitOutcome(LinkState.broken, 404, problem="The server responds with 404 (Not Found).")


def test_every_public_link_is_visited_once_and_each_host_at_its_pace(kb: Corpus) -> None:
    write(kb, "one", "https://a.test/1", "https://a.test/2", "https://b.test/")
    write(kb, "two", "https://a.test/1", "https://slow.test/1", "https://slow.test/2")
    write(kb, "draft", "https://secret.test/", as_draft=True)
    with kb.write() as session:
        make_entry(session, KIND, slug="three", identifiers=[{"scheme": "doi", "value": "10.1093/bjsw/bcac183"}])
    checking = Checking(kb, lambda _: OK)
    checking.run()
    assert sorted(checking.visits) == [
        (0, "https://a.test/1"),
        (0, "https://b.test/"),
        (0, "https://doi.org/10.1093/bjsw/bcac183"),
        (0, "https://slow.test/1"),
        (2, "https://a.test/2"),
        (10, "https://slow.test/2"),
    ]
    assert {row.state for row in checking.rows().values()} == {"ok"}


def test_the_first_failure_is_remembered_until_it_works_again(kb: Corpus) -> None:
    write(kb, "one", "https://a.test/1")
    checking = Checking(kb, lambda _: GONE)
    for week in range(2):
        checking.now = START + timedelta(days=7 * week)
        checking.run()
    (row,) = checking.rows().values()
    assert (row.state, row.status, row.failures, row.first_failed_at) == ("broken", 404, 2, START)
    checking.answers = lambda _: OK
    checking.run()
    (row,) = checking.rows().values()
    assert (row.state, row.failures, row.first_failed_at, row.problem) == ("ok", 0, None, None)


def test_a_busy_host_is_left_alone_as_long_as_it_asks(kb: Corpus) -> None:
    write(kb, "one", "https://a.test/1", "https://b.test/")
    busy = VisitOutcome(LinkState.unreachable, 429, retry_after=timedelta(minutes=5))
    checking = Checking(kb, lambda url: busy if "a.test" in url else OK)
    checking.run(1000)
    assert [seconds for seconds, url in checking.visits if "a.test" in url] == [0, 300, 600]
    assert checking.rows()["https://a.test/1"].state == "unreachable"


def test_what_is_no_longer_shown_is_forgotten(kb: Corpus) -> None:
    write(kb, "one", "https://a.test/1", "https://a.test/2")
    write(kb, "two", "https://b.test/")
    checking = Checking(kb, lambda _: OK)
    checking.run()
    with kb.write() as session:
        change(session, KIND, "one", resources=resources("https://a.test/2"))
        withdraw(session, KIND, "two")
    checking.now += timedelta(days=7)
    checking.run()
    assert list(checking.rows()) == ["https://a.test/2"]
    with kb.read() as session:
        assert len(session.scalars(select(LinkUseRow)).all()) == 1


def test_a_host_that_is_still_being_visited_is_not_visited_twice_as_fast(kb: Corpus) -> None:
    write(kb, "one", *(f"https://slow.test/{number}" for number in range(5)))
    checking = Checking(kb, lambda _: OK)
    checking.run(15)
    checking.run(15)
    assert [seconds for seconds, _ in checking.visits] == [0, 10, 20]


def test_a_worker_that_dies_leaves_the_rest_to_another(kb: Corpus) -> None:
    write(kb, "one", "https://a.test/1", "https://a.test/2")
    checking = Checking(kb, lambda _: OK)

    def die(_: str) -> VisitOutcome:
        raise SystemExit

    start_check(checking.sessions, checking.now)
    checking.answers = die
    with pytest.raises(SystemExit):
        checking.worker().step()
    checking.answers = lambda _: OK
    checking.now += timedelta(minutes=6)
    checking.go_on(10)
    assert {row.state for row in checking.rows().values()} == {"ok"}


def test_nothing_is_tried_again_where_it_is_switched_off(kb: Corpus) -> None:
    write(kb, "one", "https://a.test/1")

    def off(_: str) -> VisitOutcome:
        raise OutboundDisabled("The service asks nobody.")

    checking = Checking(kb, off)
    checking.run(3)
    with kb.read() as session:
        row = session.scalars(select(JobRow)).one()
        assert (row.state, row.error) == ("failed", "GiveUp: The service asks nobody.")


def test_it_begins_by_itself_once_a_week(kb: Corpus) -> None:
    write(kb, "one", "https://a.test/1")
    checking = Checking(kb, lambda _: OK)
    worker = Worker(
        checking.sessions,
        by_name(link_job(checking)),  # type: ignore[arg-type]  # it visits nobody
        (weekly_check_task(),),
        clock=lambda: checking.now,
    )
    for _ in range(3 * 7 * 24):
        while worker.step():
            pass
        checking.now += timedelta(hours=1)
    assert [seconds // 86400 for seconds, _ in checking.visits] == [7, 14]


def test_a_visit_changes_nothing_of_the_entry(kb: Corpus) -> None:
    with serving() as server:
        server.paths |= {"/old": say(301, Location="/new"), "/new": say(200)}
        write(kb, "one", server.url("/old"))
        before = kb.client.get(f"/v1/{KIND.collection}/one").content
        checking = Checking(kb, LinkVisitor(outbound().fetch, lambda: START).visit)
        checking.run(1)
        (row,) = checking.rows().values()
        assert (row.state, row.final_url, row.redirects) == ("moved", server.url("/new"), [f"301 {server.url('/old')}"])
        assert row.host == f"server.test:{server.port}"
        assert kb.client.get(f"/v1/{KIND.collection}/one").content == before


def outbound() -> Outbound:
    return Outbound(user_agent="knowledge-base/0", resolve=lambda *_: ["127.0.0.1"], permitted=lambda _: True)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.ORG/a", "example.org"),
        ("https://u:p@example.org:8080/a", "example.org:8080"),
        ("http://[::1", ""),
        ("https://a:b/", ""),
    ],
)
def test_a_host_is_identified_by_name_and_port(url: str, host: str) -> None:
    assert host_of(url) == host
