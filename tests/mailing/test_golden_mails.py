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

from app.mailing.campaigns import announcements
from app.mailing.delivery.smtp_transport import SmtpSettings, SmtpTransport
from app.mailing.subscriptions import job_requests
from tests.mailing.mail_service import BASE, MailService, html_of, mail_service, parsed, text_of
from tests.smtp_server import NAME, SmtpServer

GOLDEN = Path(__file__).parent / "golden"
READER = "reader@x.test"


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


@pytest.fixture
def context(database: str, tmp_path: Path, server: SmtpServer) -> Iterator[MailService]:
    """With a secret that everybody knows."""
    (tmp_path / "secrets").write_text("5e" * 32 + "\n")
    transport = SmtpTransport(SmtpSettings(host=NAME, port=server.port, security="none", timeout=5.0))
    more = {"mail_inbox": "leave@kb.test", "bounce_address": "bounces@kb.test", "title": "Wissen für alle"}
    with mail_service(database, tmp_path, transport=transport, more=more) as made:
        made.later()
        yield made


def golden(name: str, data: bytes) -> bytes:
    path = GOLDEN / f"{name}.eml"
    if not path.exists():
        path.write_bytes(data)
        pytest.fail(f"{path.name} was not there: look at it, and keep it")
    return path.read_bytes()


def test_a_digest(context: MailService, server: SmtpServer) -> None:
    reader = context.reader(READER, "publications?topic=ethics")
    context.subscribe(reader, "entries?q=practice")
    terms = {"format": ["book"], "topic": ["consent"], "stage": ["first", "second"]}
    context.publish("one", title="Consent in practice: a study", terms=terms, summary="What 40 people told us. " * 20)
    context.publish("two", "events", title="A day of practice in Łódź", terms={"format": ["video"]})
    context.publish("three", title="Nothing of theirs")
    context.later(days=1)
    assert server.received[0].data == golden("digest", server.received[0].data)


def test_a_confirmation(context: MailService, server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "choice", lambda _: "A")
    monkeypatch.setattr(secrets, "randbits", lambda _: 1)
    number = context.reader(READER, state="pending")
    context.subscribe(number, "publications?topic=ethics", frequency="weekly", state="pending", sign_up=7)
    context.ask(job_requests.confirmation(number, 7))
    context.drain()
    assert server.received[0].data == golden("confirmation", server.received[0].data)


def test_a_welcome(context: MailService, server: SmtpServer) -> None:
    context.publish("one", title="Read this first", issued="2022-09")
    number = context.reader(READER, "publications")
    context.ask(job_requests.welcome(number, 1))
    context.drain()
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
def test_what_looks_like_code_is_text(context: MailService, server: SmtpServer, evil: str) -> None:
    """In a title, in a summary and in an update that staff wrote."""
    title = evil[:200]
    context.reader(READER, "entries")
    context.publish("one", title=title, summary=f"{evil}\n.\n{evil}")
    context.later(days=1)
    with context.sessions.write() as session:
        row = announcements.create_draft(
            session, title, f"{evil}\n.\nQUIT\n\n{evil}", None, by="staff", now=context.now
        )
        announcements.start_announcement(session, row, None, by="staff", now=context.now)
    context.later(minutes=1)
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
