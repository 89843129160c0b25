"""`kb doctor` says what is wrong and what to do, whatever it is, and ends in time."""

import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.resolver import Resolver
from sqlalchemy import text

from app.config.settings import Settings
from app.db.engine import make_engine
from app.kit.clock import utc_now
from app.mailing.delivery.smtp_transport import SmtpSettings
from app.ops.doctor.findings import Finding, Verdict, fine, run_probes
from app.ops.doctor.machine import look_at_clock, look_at_space
from app.ops.doctor.mail import look_at_mail_domain, look_at_mail_server
from app.ops.doctor.public_address import look_at_proxy, look_at_public_address
from app.ops.index_process import write_index
from app.search.index import index_folder
from tests.cli.conftest import Run
from tests.databases import POSTGRESQL_TOOLS
from tests.smtp_server import NAME, Mood, SmtpServer, trusting
from tests.waiting import free_port

DOMAIN = "kb.example.org"
NOW = utc_now()


def words(findings: Iterator[Finding] | list[Finding]) -> list[str]:
    return [f"{each.verdict}: {each.text}" for each in findings]


def doctor(run: Run, **settings: str) -> tuple[int, dict[str, list[tuple[str, str]]]]:
    """The exit code, and verdicts with their texts by check; nothing listens at the public address."""
    own = {"KB_BASE_URL": f"http://127.0.0.1:{free_port()}", "KB_PORT": str(free_port())}  # nothing answers there
    result = run("doctor", "--json", **own | settings)
    assert result.stderr == "", result.stderr
    found: dict[str, list[tuple[str, str]]] = {}
    for each in json.loads(result.stdout)["findings"]:
        found.setdefault(each["check"], []).append((each["verdict"], each["text"]))
    return result.exit_code, found


def test_each_part_is_checked_and_the_exit_code_says_whether_all_is_well(run: Run, seeded_url: str) -> None:
    if seeded_url.startswith("sqlite"):
        Path(seeded_url.removeprefix("sqlite:///")).chmod(0o644)
    code, found = doctor(run, KB_DATABASE_URL=seeded_url)
    assert code == 1
    assert list(found) == [
        *("schema", "work", "space", "files", "clock", "search index", "last backup", "backup programs"),
        *("mail server", "mail domain", "public address", "proxy"),
    ]
    assert found["schema"] == [("fine", "The database answers, and its tables are of this version.")]
    assert found["clock"][0][0] == "fine"
    if seeded_url.startswith("sqlite"):
        assert found["files"][0][0] == "problem"
    assert "start `kb serve`" in found["public address"][0][1]
    assert found["proxy"][0][0] == "unknown"


def test_a_database_that_is_not_there_hides_nothing_else(run: Run) -> None:
    _, found = doctor(run)
    assert [verdict for verdict, _ in found["schema"]] == ["problem"]
    assert "`kb init` sets up a new one" in found["schema"][0][1]
    assert "work" not in found
    assert found["space"]
    assert not Path("kb.sqlite").exists()


def test_tables_that_are_newer_are_reported(run: Run, seeded_url: str) -> None:
    engine = make_engine(seeded_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'ffffffffffff'"))
    engine.dispose()
    _, found = doctor(run, KB_DATABASE_URL=seeded_url)
    assert found["schema"][0][0] == "problem"
    assert "newer than this version" in found["schema"][0][1]


def test_what_is_no_database_is_reported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kb.sqlite").write_bytes(b"something else, " * 100)
    _, found = doctor(run)
    assert found["schema"] == [("problem", "The database cannot be used: file is not a database")]


def test_a_damaged_backup_is_found(run: Run, tmp_path: Path) -> None:
    assert run("migrate").exit_code == run("backup").exit_code == 0
    (backup,) = (tmp_path / "var" / "backups").glob("*.zst")
    assert doctor(run)[1]["last backup"][0][0] == "fine"
    backup.write_bytes(backup.read_bytes()[:-1])
    (verdict, message), *_ = doctor(run)[1]["last backup"]
    assert verdict == "problem"
    assert "checksum differs" in message


def test_the_programs_that_back_up_postgresql_are_looked_for(run: Run, seeded_url: str, tmp_path: Path) -> None:
    def asked(folder: Path) -> tuple[str, str]:
        ((verdict, message),) = doctor(run, KB_DATABASE_URL=seeded_url, PATH=str(folder))[1]["backup programs"]
        return verdict, message

    if seeded_url.startswith("sqlite"):
        assert asked(tmp_path) == ("fine", "None is needed: the database is a file.")
        return
    verdict, message = asked(tmp_path)
    assert verdict == "problem"
    assert message.startswith("pg_dump and pg_restore cannot be found: no backup can be made or restored.")
    assert asked(POSTGRESQL_TOOLS)[0] == "fine"
    for says, expected in {
        "pg_dump (PostgreSQL) 9.6.24": "problem",
        "pg_dump (PostgreSQL) 99.1 (Debian 99.1-1)": "fine",
        "pg_dump (PostgreSQL) 99beta1": "fine",
        "pg_dump of somebody": "unknown",
    }.items():
        for name in ("pg_dump", "pg_restore"):
            (tmp_path / name).write_text(f"#!/bin/sh\necho '{says}'\n")
            (tmp_path / name).chmod(0o700)
        assert asked(tmp_path)[0] == expected, says


# --- the machine


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_is_called_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        os.write(os.open("/dev/full", os.O_WRONLY), b"x")

    monkeypatch.setattr(os, "fsync", full)
    settings = Settings(
        _env_file=None, database_url=f"sqlite:///{tmp_path}/kb.sqlite", backup_directory=str(tmp_path / "none")
    )
    database = next(each for each in words(look_at_space(settings)) if "Database" in each)
    assert "the disk is full" in database
    assert database.startswith("problem")


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None, database_url=f"sqlite:///{tmp_path}/kb.sqlite", backup_directory="/proc/none/backups"
    )
    found = next(each for each in words(look_at_space(settings)) if "Backups" in each)
    assert found.startswith("problem: Backups (/proc/none/backups): ")


def test_settings_and_backups_that_others_can_read_are_reported(run: Run, tmp_path: Path) -> None:
    assert run("migrate").exit_code == run("backup").exit_code == 0
    assert [verdict for verdict, _ in doctor(run)[1]["files"]] == ["fine"]
    (backup,) = (tmp_path / "var" / "backups").glob("*.zst")
    backup.chmod(0o644)
    (tmp_path / ".env").touch(mode=0o640)
    assert doctor(run)[1]["files"] == [
        ("problem", f"{backup.relative_to(tmp_path)} can be read by other users. Run `kb migrate` to make it private.")
    ]
    assert run("migrate").exit_code == 0
    (tmp_path / ".env").chmod(0o644)
    ((verdict, message),) = doctor(run)[1]["files"]
    assert (verdict, message.split(" ")[0]) == ("problem", str(tmp_path / ".env"))


def test_the_stored_index_is_compared_with_the_database(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def index() -> tuple[str, str]:
        (found,) = doctor(run)[1]["search index"]
        return found

    assert run("migrate").exit_code == 0
    assert index()[0] == "fine"
    monkeypatch.setattr(index_folder, "MIN_DOCUMENTS", 0)
    verdict, message = index()
    assert (verdict, "None is stored in var/index" in message) == ("warning", True)
    write_index(f"sqlite:///{tmp_path}/kb.sqlite", Path("var/index"))
    verdict, message = index()
    assert verdict == "fine"
    assert "is whole and of this database (revision 0 of 0," in message
    (stored,) = (tmp_path / "var" / "index").glob("index-*")
    monkeypatch.setattr(index_folder, "layout_digest", lambda: "of another version")
    assert index() == (
        "warning",
        "The index in var/index is not used: it was written by another version. The next start of `kb serve` writes it "
        "again.",
    )
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    damaged = next(each for each in stored.rglob("*") if each.is_file() and each.name not in ("index.json", "lock"))
    damaged.write_bytes(b"something else")
    verdict, message = index()
    assert verdict == "problem"
    assert f"{damaged.relative_to(stored)} is damaged. Look at the disk" in message
    assert stored.exists()
    assert index_of_meaning(run) == "unknown"


def index_of_meaning(run: Run) -> str:
    return doctor(run, KB_MEANING="true")[1]["search index"][0][0]


def test_a_change_of_tomorrow_speaks_against_the_clock(seeded_url: str) -> None:
    engine = make_engine(seeded_url)
    now = utc_now()
    assert [each.verdict for each in look_at_clock(engine, now + timedelta(seconds=1))] == [Verdict.fine]
    assert "The newest change is of" in words(look_at_clock(engine, now - timedelta(days=1)))[0]
    engine.dispose()


def test_probes_that_hang_or_break_hold_up_nobody() -> None:
    ended = threading.Event()

    def hanging() -> Iterator[Finding]:
        ended.wait()
        yield fine("too late")

    def broken() -> Iterator[Finding]:
        yield fine("so far")
        raise RuntimeError("beyond that")

    started = time.monotonic()
    found = run_probes({"hanging": hanging, "broken": broken, "quick": lambda: [fine("here")]}, seconds=0.2)
    assert time.monotonic() - started < 5
    ended.set()
    assert words(found["hanging"]) == ["problem: No answer within 0 seconds: what was asked hangs, or is very slow."]
    assert words(found["broken"]) == [
        "fine: so far",
        "problem: This could not be looked at: RuntimeError: beyond that",
    ]
    assert words(found["quick"]) == ["fine: here"]


# --- mail


def smtp(port: int, **more: Any) -> SmtpSettings:
    known: dict[str, Any] = {"host": NAME, "port": port, "timeout": 2, "trust": trusting()}
    return SmtpSettings(**known | more)


def test_a_mail_server_is_greeted_and_gets_no_mail() -> None:
    with SmtpServer(Mood(login=("kb", "secret"))) as server:
        good = words(look_at_mail_server(smtp(server.port, user="kb", password="secret"), NOW))
        wrong = words(look_at_mail_server(smtp(server.port, user="kb", password="guessed"), NOW))
        strange = words(look_at_mail_server(smtp(server.port, trust=ssl.create_default_context()), NOW))
    (finding,) = good
    assert finding.startswith(
        f"fine: {NAME}:{server.port} was reached with TLS, its certificate is trusted until 3000-01-01"
    )
    assert finding.endswith("; the login of kb was accepted.")
    assert "rejected the password (535)" in wrong[0]
    assert "guessed" not in wrong[0]
    assert "certificate of the mail server is not trusted" in strange[0]
    assert server.received == []
    assert "MAIL" not in server.commands


def test_a_mail_server_that_is_not_there_is_reported() -> None:
    assert "cannot be reached: [Errno" in words(look_at_mail_server(smtp(free_port()), NOW))[0]


def test_a_certificate_of_the_mail_server_that_ends_soon_is_reported() -> None:
    with SmtpServer(ending=NOW + timedelta(days=13)) as server:
        ends, reached = words(look_at_mail_server(smtp(server.port), NOW))
    day = f"{NOW + timedelta(days=13):%Y-%m-%d}"
    assert ends == f"problem: The TLS certificate of {NAME}:{server.port} ends on {day}. See why it was not renewed."
    assert reached.startswith("fine")


@dataclass
class NameServer:
    """DNS over UDP on this machine: TXT records by name; other names exist only where one stands below them."""

    records: dict[str, list[str]]
    listener: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def __enter__(self) -> Resolver:
        self.listener.bind(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], self.listener.getsockname()[1]
        return resolver

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # it wakes who waits, and says that nobody is connected
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _serve(self) -> None:
        while True:
            try:
                data, sender = self.listener.recvfrom(4096)
            except OSError:
                return
            if data:
                self.listener.sendto(self._answer(data), sender)

    def _answer(self, data: bytes) -> bytes:
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text(omit_final_dot=True)
        answer = dns.message.make_response(query)
        if found := self.records.get(name):
            answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", *(f'"{each}"' for each in found)))
        elif not any(each.endswith(f".{name}") for each in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()


COMPLETE = {
    DOMAIN: ["something else", "v=spf1 include:mail.example -all"],
    f"s1._domainkey.{DOMAIN}": ["v=DKIM1; p=AAAA"],
    "_dmarc.example.org": ["v=DMARC1; p=none"],
}


@pytest.mark.parametrize(
    ("changed", "findings"),
    [
        ({}, ["fine: SPF", "fine: DKIM", "fine: DMARC: example.org has a policy"]),
        ({DOMAIN: ["something else"]}, ["problem: SPF: kb.example.org has no record", "fine: DKIM", "fine: DMARC"]),
        ({DOMAIN: ["v=spf1 -all", "v=spf1 ~all"]}, ["problem: SPF: kb.example.org has 2 records", "fine", "fine"]),
        ({DOMAIN: ["v=spf1 +all"]}, ["problem: SPF: kb.example.org lets the whole world send", "fine", "fine"]),
        ({f"s1._domainkey.{DOMAIN}": []}, ["fine", "fine", "fine"]),
    ],
)
def test_what_name_servers_say_of_the_sender(changed: dict[str, list[str]], findings: list[str]) -> None:
    with NameServer(COMPLETE | changed) as resolver:
        found = words(look_at_mail_domain(DOMAIN, resolver))
    assert [each.startswith(beginning) for each, beginning in zip(found, findings, strict=True)] == [True] * 3, found


def test_a_domain_that_publishes_nothing_has_three_findings() -> None:
    with NameServer({}) as resolver:
        found = words(look_at_mail_domain(DOMAIN, resolver))
    assert [each.split(":")[0] for each in found] == ["problem", "warning", "warning"]


# --- the public address


@dataclass
class Front:
    """What stands at the public address, and what it does with `X-Forwarded-For`."""

    arrival: str = "trusted-proxy"
    passes_on: bool = False
    live: int = 200
    listing: int = 200
    late: float = 0.0


@contextmanager
def standing(front: Front) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            claimed = self.headers.get("x-forwarded-for", "")
            address = claimed if front.passes_on and claimed else "198.51.100.7"
            status, body = {
                "/health/live": (front.live, {"status": "live"}),
                "/health/client": (200, {"arrival": front.arrival, "address": address}),
            }.get(self.path, (front.listing, {"detail": "Unknown host"} if front.listing == 400 else {}))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(time.time() - front.late if timestamp is None else timestamp)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("front", "beginning"),
    [
        (Front(), "warning: {base} answers, but only on this machine"),
        (Front(live=502), "problem: {base} answers 502 to /health/live"),
        (Front(listing=400), "problem: {base}/v1 answers 400 (Unknown host). Check KB_ALLOWED_HOSTS"),
    ],
)
def test_the_public_address_leads_here(front: Front, beginning: str) -> None:
    with standing(front) as base:
        found = words(look_at_public_address(Settings(_env_file=None, base_url=base), utc_now()))
    assert found[0].startswith(beginning.format(base=base)), found
    assert len(found) == 1


def test_a_clock_that_differs_behind_the_public_address_is_reported() -> None:
    with standing(Front(late=3600)) as base:
        found = words(look_at_public_address(Settings(_env_file=None, base_url=base), utc_now()))
    assert "Use NTP" in found[-1]


@pytest.mark.parametrize(
    ("front", "beginning"),
    [
        (Front(), "fine: Requests come through a trusted proxy"),
        (Front(passes_on=True), "problem: The proxy passes on"),
        (Front(arrival="unknown-proxy"), "problem: `X-Forwarded-For` comes from an address that KB_TRUSTED_PROXIES"),
        (Front(arrival="direct"), "problem: Something answers for the service at its public address, but sends no"),
        (Front(arrival="of another version"), "unknown: Not asked"),
    ],
)
def test_a_proxy_is_asked_whom_it_speaks_for(front: Front, beginning: str) -> None:
    with standing(front) as base:
        (found,) = words(look_at_proxy(Settings(_env_file=None, base_url=base, port=80)))
    assert found.startswith(beginning), found


def test_a_machine_that_is_itself_a_trusted_proxy_cannot_know() -> None:
    with standing(Front(passes_on=True)) as base:
        (found,) = look_at_proxy(Settings(_env_file=None, base_url=base, trusted_proxies=["198.51.100.0/24"]))
    assert found.verdict == Verdict.unknown


def test_nothing_but_findings_is_reported(run: Run) -> None:
    with standing(Front()) as base:
        result = run("doctor", KB_BASE_URL=base)
    assert "proxy: Requests come through a trusted proxy" in result.stdout
    assert result.stderr == ""
