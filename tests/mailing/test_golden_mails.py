"""Mails byte for byte, as they were found to be good; what nobody may smuggle into them; and nothing that tracks.

A golden mail that is to change is deleted and written anew by the next run, which fails; then it is read, and kept.
"""

import re
import secrets
from collections.abc import Iterator
from email.headerregistry import AddressHeader
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.jobs.transports_smtp import Server, SmtpTransport
from app.mailing import updates, wanted
from tests.mailing.posting import BASE, Posting, html_of, parsed, posting, text_of
from tests.smtp_server import NAME, SmtpServer

GOLDEN = Path(__file__).parent / "golden"
READER = "reader@x.test"


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


@pytest.fixture
def office(database: str, tmp_path: Path, server: SmtpServer) -> Iterator[Posting]:
    """With a secret that everybody knows."""
    (tmp_path / "secrets").write_text("5e" * 32 + "\n")
    transport = SmtpTransport(Server(host=NAME, port=server.port, security="none", timeout=5.0))
    more = {"mail_inbox": "leave@kb.test", "bounce_address": "bounces@kb.test", "title": "Wissen für alle"}
    with posting(database, tmp_path, transport=transport, more=more) as made:
        made.later()
        yield made


def golden(name: str, data: bytes) -> bytes:
    path = GOLDEN / f"{name}.eml"
    if not path.exists():
        path.write_bytes(data)
        pytest.fail(f"{path.name} was not there: look at it, and keep it")
    return path.read_bytes()


def test_a_digest(office: Posting, server: SmtpServer) -> None:
    reader = office.reader(READER, "publications?topic=ethics")
    office.subscribe(reader, "entries?q=practice")
    terms = {"format": ["book"], "topic": ["consent"], "stage": ["first", "second"]}
    office.publish("one", title="Consent in practice: a study", terms=terms, summary="What 40 people told us. " * 20)
    office.publish("two", "events", title="A day of practice in Łódź", terms={"format": ["video"]})
    office.publish("three", title="Nothing of theirs")
    office.later(days=1)
    assert server.received[0].data == golden("digest", server.received[0].data)


def test_a_confirmation(office: Posting, server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "choice", lambda _: "A")
    monkeypatch.setattr(secrets, "randbits", lambda _: 1)
    number = office.reader(READER, state="pending")
    office.subscribe(number, "publications?topic=ethics", frequency="weekly", state="pending", sign_up=7)
    office.ask(wanted.confirmation(number, 7))
    office.drain()
    assert server.received[0].data == golden("confirmation", server.received[0].data)


def test_a_welcome(office: Posting, server: SmtpServer) -> None:
    office.publish("one", title="Read this first", issued="2022-09")
    number = office.reader(READER, "publications")
    office.ask(wanted.welcome(number, 1))
    office.drain()
    assert server.received[0].data == golden("welcome", server.received[0].data)


@pytest.mark.parametrize("name", ["digest", "confirmation", "welcome"])
def test_golden_mails_keep_to_the_standards(name: str) -> None:
    data = (GOLDEN / f"{name}.eml").read_bytes()
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    body = data.partition(b"\r\n\r\n")[2]
    assert all(len(line) <= 76 for line in body.split(b"\r\n")), "RFC 2045 section 6.7"
    mail = parsed(data)
    assert not mail.defects
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert not [defect for part in mail.walk() for defect in part.defects]
    assert ("List-Unsubscribe" in mail) != ("Auto-Submitted" in mail)


# --- nothing that tracks


class Loads(HTMLParser):
    """What a mail program would fetch by itself, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[tuple[str, str | None]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("img", "script", "link", "iframe", "object", "embed", "video", "audio", "source", "form", "base"):
            self.fetched.append((tag, None))
        self.fetched += [(name, value) for name, value in attrs if name in ("src", "srcset", "background", "poster")]
        self.fetched += [("style", value) for name, value in attrs if name == "style" and "url(" in (value or "")]
        self.links += [given["href"] or ""] if "href" in given else []


@pytest.mark.parametrize("name", ["digest", "confirmation", "welcome"])
def test_nothing_tracks(name: str) -> None:
    mail = parsed((GOLDEN / f"{name}.eml").read_bytes())
    found = Loads()
    found.feed(html_of(mail))
    assert found.fetched == []
    assert "@import" not in html_of(mail)
    assert found.links
    assert {re.sub(r"^(https://[^/]+).*", r"\1", link) for link in found.links} == {BASE}
    assert not [link for link in found.links if READER in link or "?" in link.partition("/v1/entries")[0]]


# --- what nobody may smuggle in

CORPUS = (
    "{{ 7 * 7 }} {% include 'en/foot.txt' %} {# gone #}",
    "{{ ''.__class__.__mro__ }}",
    "<script>alert(1)</script><img src=https://evil.test/p.gif onerror=x>",
    '"><a href="https://evil.test">click</a><!--',
    "A\u2028Bcc: victim@evil.test\u2029Subject: other",
    "=?utf-8?q?Bcc:_victim@evil.test?=",
    "https://own-link.invalid/0",
    ".",
    "--=_0123456789abcdef01234567--",
    "x" * 400,
    "gnp.exe\u202e \u2066abc",
)


@pytest.mark.parametrize("evil", CORPUS, ids=range(len(CORPUS)))
def test_what_looks_like_code_is_text(office: Posting, server: SmtpServer, evil: str) -> None:
    """In a title, in a summary and in an update that staff wrote."""
    title = evil[:200]
    office.reader(READER, "entries")
    office.publish("one", title=title, summary=f"{evil}\n.\n{evil}")
    office.later(days=1)
    with office.sessions.write() as session:
        row = updates.draft(session, title, f"{evil}\n.\nQUIT\n\n{evil}", None, by="staff", now=office.now)
        updates.start(session, row, None, by="staff", now=office.now)
    office.later(minutes=1)
    assert len(server.received) == 2
    for received in server.received:
        mail = received.message
        assert (received.recipient, received.sender[:8]) == (READER, "bounces+")
        assert set(mail.keys()) == {*parsed((GOLDEN / "digest.eml").read_bytes()).keys()}
        assert isinstance(mail["To"], str)
        assert mail["To"] == READER
        assert isinstance(mail["From"], AddressHeader)
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        found = Loads()
        found.feed(html_of(mail))
        assert found.fetched == []
        assert not [link for link in found.links if not link.startswith(BASE)]
        words = " ".join(re.sub("[\u202e\u2066]", "", evil).split())[:60]
        assert words in " ".join(text_of(mail).split())
