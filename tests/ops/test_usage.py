"""Use is counted by day, and nobody's: what is asked for comes in, numbers go out."""

import csv
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.catalogue.registry import ENTRY_KINDS
from app.db.sessions import Sessions
from app.http.context import RequestContext, Use
from app.kit.clock import utc_now
from app.kit.errors import Unavailable
from app.ops.usage import recorder as recording
from app.ops.usage.models import UsageRow
from app.ops.usage.recorder import UsageRecorder, write_counts
from app.ops.usage.retention import usage_retention_task
from app.ops.usage.robots import LIST, NEW_A_SECOND, RobotDetector, is_listed
from tests.api_keys import api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import make_entry

KIND = ENTRY_KINDS[0]
READER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
ARTICLE = "https://journal.example.org/article"
ENTRY = f"/{KIND.collection}/mapping"


@pytest.fixture
def used(database: str) -> Iterator[Corpus]:
    """An entry that leads somewhere, with its links counted."""
    with closing(Corpus(database, count_links=True, usage=True)) as kb:
        with kb.write() as session:
            make_entry(
                session,
                KIND,
                slug="mapping",
                title="Mapping contexts",
                resources=[{"type": "view", "url": ARTICLE}],
            )
            make_entry(session, KIND, slug="safety", title="Safety in parks")
        yield kb


def ask(kb: Corpus, path: str, user_agent: str = READER, method: str = "GET", **headers: str) -> int:
    return kb.client.request(method, path, headers={"User-Agent": user_agent, **headers}).status_code


def counted(kb: Corpus) -> dict[tuple[str, str, str], tuple[int, int]]:
    """By use, slug and detail: people and robots. All that was asked for is written down."""
    kb.service.access_log.flush()
    kb.service.services[UsageRecorder].flush()
    with kb.read() as session:
        rows = session.scalars(select(UsageRow)).all()
    slugs = {each.uuid: each.slug for each in kb.snapshot.live(str(KIND.collection))}
    return {(row.use, slugs.get(row.document, ""), row.detail): (row.people, row.robots) for row in rows}


def test_pages_formats_and_programs_are_counted_apart_and_robots_beside(used: Corpus) -> None:
    for _ in range(3):  # the second and third from the cache
        assert ask(used, ENTRY) == 200
    assert ask(used, ENTRY, GOOGLE) == 200
    assert ask(used, ENTRY, "") == 200
    assert ask(used, f"/v1{ENTRY}") == 200
    assert ask(used, f"/v1{ENTRY}.ris") == ask(used, f"/v1{ENTRY}?as=ris") == 200
    assert ask(used, f"/v1/{KIND.collection}.bib") == 200
    assert ask(used, f"{ENTRY}/citation") == 200
    assert counted(used) == {
        ("view", "mapping", "html"): (3, 2),
        ("view", "mapping", "citations"): (1, 0),
        ("api", "mapping", "json"): (1, 0),
        ("download", "mapping", "ris"): (2, 0),
        ("export", "", f"{KIND.collection}.bibtex"): (1, 0),
    }


def test_what_nobody_looked_at_is_not_counted(used: Corpus) -> None:
    assert ask(used, ENTRY, method="HEAD") == 200
    assert ask(used, ENTRY, **{"Sec-Purpose": "prefetch"}) == 200
    assert ask(used, f"/{KIND.collection}/nothing") == 404
    assert ask(used, f"/v1/{KIND.collection}") == 200
    assert counted(used) == {}
    etag = used.client.get(ENTRY, user_agent=READER).headers["etag"]
    assert ask(used, ENTRY, **{"If-None-Match": etag}) == 304  # it is shown again
    assert counted(used) == {("view", "mapping", "html"): (2, 0)}


def test_a_link_out_of_a_page_is_followed_through_us_and_counted(used: Corpus) -> None:
    page = used.client.get(ENTRY, user_agent=READER).text
    ident = used.client.json(f"/v1{ENTRY}")["id"]
    (path,) = {part.split('"')[0] for part in page.split('href="')[1:] if part.startswith("/out/")}
    assert f'href="{ARTICLE}"' not in page
    answer = used.client.get(path, user_agent=READER)
    assert (answer.status_code, answer.headers["location"]) == (302, ARTICLE)
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert counted(used)["link", "mapping", "journal.example.org"] == (1, 0)
    for wrong in (f"/out/{ident}/0000000000000000", f"/out/nobody/{path[-16:]}", f"{path}?to=https://evil.example"):
        assert used.client.get(wrong).status_code in (400, 404)
    assert ARTICLE in used.client.get(f"/v1{ENTRY}").text  # never in what programs take


def test_links_lead_where_they_say_unless_they_are_to_be_counted(kb: Corpus) -> None:
    with kb.write() as session:
        make_entry(session, KIND, slug="mapping", title="Mapping", resources=[{"type": "view", "url": ARTICLE}])
    page = kb.client.get(ENTRY).text
    assert f'href="{ARTICLE}"' in page
    assert "/out/" not in page


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("mapping parks", "mapping parks"),
        ("Mapping  Parks", "mapping parks"),
        ("mapping zebra", ""),
        ("mapping 07700900123", ""),
        ("mapping someone@example.org", ""),
        ("zebra", ""),
    ],
)
def test_words_that_found_nothing_are_kept_if_they_identify_nobody(used: Corpus, words: str, expected: str) -> None:
    address = "/search?q=" + words.replace("@", "%40").replace(" ", "+")
    assert ask(used, address) == ask(used, address.replace("/search", "/v1/entries")) == 200
    assert counted(used) == {("search", "", expected): (2, 0)}


def test_words_that_find_something_are_not_kept(used: Corpus) -> None:
    assert ask(used, "/search?q=mapping") == 200
    assert counted(used) == {}


def test_processes_add_up(used: Corpus) -> None:
    with closing(Corpus(used.service.settings.database_url, usage=True)) as other:
        assert ask(used, ENTRY) == ask(other, ENTRY) == 200
        counted(other)
        assert counted(used) == {("view", "mapping", "html"): (2, 0)}
    assert ask(used, ENTRY) == 200
    assert counted(used) == {("view", "mapping", "html"): (3, 0)}


def test_what_was_asked_before_the_end_is_written(used: Corpus) -> None:
    other = Corpus(used.service.settings.database_url, usage=True)
    assert ask(other, ENTRY) == 200
    other.close()
    assert counted(used) == {("view", "mapping", "html"): (1, 0)}


# --- in memory


class Troubled(Sessions):
    """A database that does not take anything for a while."""

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions.engine)
        self.is_away = True

    @contextmanager
    def write(self) -> Iterator[Session]:
        if self.is_away:
            raise Unavailable("away", retry_after=1)
        with super().write() as session:
            yield session


def request(use: Use, user_agent: bytes = READER.encode()) -> RequestContext:
    headers = [(b"user-agent", user_agent)]
    context = RequestContext({"method": "GET", "path": "/", "headers": headers})
    context.use, context.status = use, 200
    return context


def total(kb: Corpus) -> tuple[int, int]:
    """How many rows, and what they add up to."""
    with kb.read() as session:
        number, people = session.execute(select(func.count(), func.sum(UsageRow.people)).select_from(UsageRow)).one()
    return number, people or 0


def test_what_cannot_be_written_waits(kb: Corpus) -> None:
    sessions = Troubled(kb.service.sessions)
    counter = UsageRecorder(sessions)
    counter.observe([(0.0, request(Use("view", "x", "html")), 0, 0.0)] * 2)
    counter.flush()
    assert total(kb) == (0, 0)
    counter.observe([(0.0, request(Use("view", "x", "html")), 0, 0.0)])
    sessions.is_away = False
    counter.close()
    assert total(kb) == (1, 3)


@pytest.mark.one_engine
def test_memory_is_bounded_however_much_there_is_to_distinguish(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MAX_KEYS", 10)
    counter = UsageRecorder(kb.service.sessions)
    counter.observe([(0.0, request(Use("view", str(number), "html")), 0, 0.0) for number in range(50)])
    counter.close()
    assert total(kb) == (11, 50)


def test_a_day_has_only_so_many_texts(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MAX_SEARCHES", 3)
    for _ in range(2):
        with kb.write() as session:
            write_counts(session, {("2026-11-28", "search", "", f"text {number}"): [1, 0] for number in range(9)})
    assert total(kb) == (4, 18)


def test_only_so_many_documents_are_counted_separately_in_a_day(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MAX_DOCUMENTS", 3)
    for day in ("2026-11-28", "2026-11-28", "2026-11-29"):
        with kb.write() as session:
            write_counts(session, {(day, "view", f"document {number}", "html"): [1, 2] for number in range(5)})
    with kb.write() as session:
        counts = {(row.day, row.document): (row.people, row.robots) for row in session.scalars(select(UsageRow))}
    first = {(day, f"document {number}") for day in ("2026-11-28", "2026-11-29") for number in range(3)}
    assert {key for key in counts if key[1]} == first
    assert counts["2026-11-28", "document 0"] == (2, 4)
    assert (counts["2026-11-28", ""], counts["2026-11-29", ""]) == ((4, 8), (2, 4))


def test_counts_are_forgotten_in_time(kb: Corpus) -> None:
    with kb.write() as session:
        write_counts(
            session, {("2000-01-01", "view", "x", "html"): [1, 0], ("2999-01-01", "view", "x", "html"): [1, 0]}
        )
    usage_retention_task(365).run(kb.service.sessions, utc_now())
    assert total(kb) == (1, 1)


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [(READER, False), (GOOGLE, True), ("", True), ("curl/8.5.0", True), ("python-requests/2.32", True)],
)
def test_robots_are_those_of_the_list(user_agent: str, expected: bool) -> None:
    assert RobotDetector().is_robot(user_agent.encode(), 0) is expected


def test_the_list_says_the_same_whichever_way_it_is_read() -> None:
    patterns = LIST.read_text(encoding="utf-8").splitlines()
    for name in (READER, GOOGLE, "Buck/2.3", "java/1.8", "x java/1.8", "Mozilla", "EasyBib AutoCite 1", "curl", ""):
        expected = any(re.search(each, name, re.IGNORECASE) for each in patterns)
        assert is_listed(name) is expected, name
    for each in patterns:
        if re.fullmatch(r"[\w /-]+", each):
            assert is_listed(f"A {each.upper()} B"), each


def test_who_always_has_another_name_is_a_robot_before_it_costs_much() -> None:
    detector = RobotDetector()
    found = [detector.is_robot(f"{READER} {number}".encode(), 7.0) for number in range(NEW_A_SECOND + 5)]
    assert found == [False] * NEW_A_SECOND + [True] * 5
    assert detector.is_robot(f"{READER} again".encode(), 8.0) is False


def test_the_list_is_whole() -> None:
    assert len(LIST.read_text(encoding="utf-8").splitlines()) == 327
    assert "MIT License" in Path(LIST.with_name("robots-LICENSE")).read_text(encoding="utf-8")


# --- reports


@pytest.fixture
def reported(used: Corpus) -> Corpus:
    ident = used.client.json(f"/v1{ENTRY}")["id"]
    with used.write() as session:
        write_counts(
            session,
            {
                ("2026-01-31", "view", ident, "html"): [5, 7],
                ("2026-02-01", "view", ident, "html"): [1, 0],
                ("2026-02-02", "view", ident, "html"): [2, 0],
                ("2026-02-02", "search", "", "mapping parks"): [4, 0],
            },
        )
    return used


def test_staff_get_a_report_by_period(reported: Corpus) -> None:
    staff = api_key_client(reported, "usage:read")
    page = staff.request_json("GET", "/v1/staff/usage?since=2026-01-01&until=2026-02-28&use=view")
    assert page["meta"] == {"count": 2, "page": 1, "per_page": 25}
    assert [(each["period"], each["people"], each["robots"]) for each in page["results"]] == [
        ("2026-01", 5, 7),
        ("2026-02", 3, 0),
    ]
    assert (page["results"][0]["slug"], page["results"][0]["title"]) == ("mapping", "Mapping contexts")
    whole = staff.request_json("GET", "/v1/staff/usage?since=2026-01-01&until=2026-12-31&per=all")
    assert [(each["use"], each["detail"], each["people"]) for each in whole["results"]] == [
        ("search", "mapping parks", 4),
        ("view", "html", 8),
    ]
    problem(staff("GET", "/v1/staff/usage?since=2026-02-01&until=2026-01-01"), 400)
    problem(staff("GET", "/v1/staff/usage?since=2020-01-01&until=2026-01-01&per=day"), 400)
    assert "must be a day" in staff("GET", "/v1/staff/usage?until=0").text
    problem(api_key_client(reported, "links:read")("GET", "/v1/staff/usage"), 403)


def test_the_report_is_a_table(reported: Corpus) -> None:
    staff = api_key_client(reported, "usage:read")
    answer = staff("GET", "/v1/staff/usage?since=2026-01-01&until=2026-12-31&per=year&as=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, *rows = csv.reader(StringIO(answer.text))
    assert header == ["period", "use", "type", "slug", "title", "detail", "people", "robots"]
    assert rows == [
        ["2026", "search", "", "", "", "mapping parks", "4", "0"],
        ["2026", "view", KIND.collection, "mapping", "Mapping contexts", "html", "8", "7"],
    ]


def test_everybody_sees_it_where_a_setting_says_so(used: Corpus) -> None:
    assert ask(used, ENTRY) == ask(used, f"/v1{ENTRY}.ris") == 200
    assert ask(used, "/search?q=mapping+parks") == 200
    counted(used)
    month = f"{utc_now():%Y-%m}"
    found = used.client.json("/v1/usage")
    assert found["months"] == [{"month": month, "view": 1, "download": 1, "link": 0, "api": 0}]
    assert [(each["title"], each["view"], each["download"]) for each in found["documents"]] == [
        ("Mapping contexts", 1, 1)
    ]
    page = used.client.get("/usage").text
    assert "Mapping contexts" in page
    assert "mapping parks" not in page
    with closing(Corpus(used.service.settings.database_url, usage=True, public_usage=False)) as private:
        problem(private.client.get("/v1/usage"), 404)
        assert "/usage" not in private.client.get("/").text


def test_a_summary_that_cannot_be_made_is_not_tried_by_everybody(used: Corpus) -> None:
    with used.write() as session:
        session.execute(text("DROP TABLE usage_count"))
    for _ in range(2):
        answer = used.client.get("/v1/usage")
        assert problem(answer, 503)["title"] == "Service unavailable"
        assert answer.headers["retry-after"] == "30"
