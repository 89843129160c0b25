"""A knowledge base that people subscribe to: its clock stands still, and its jobs run when a test says so."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.config.settings import Settings
from app.db.base import Base
from app.db.sessions import Sessions
from app.feed.deliveries import Channel, DeliveryRow, values_of
from app.jobs.kinds import JobKind, by_name
from app.jobs.lease import Job
from app.jobs.models import JobRow
from app.jobs.worker import Worker
from app.kit.signing_keys import SigningKeys
from app.mailing.campaigns.digest_planner import DIGEST_MAIL
from app.mailing.consent import consent_log, tokens
from app.mailing.content.links import unsubscribe_token
from app.mailing.context import MailContext
from app.mailing.models import Purpose, SubscriberRow, SubscriptionRow
from app.mailing.privacy.erasure import purge_job
from app.mailing.privacy.retention import retention_task
from app.mailing.subscriptions import job_requests
from app.mailing.subscriptions.signup import signup_job, subscriptions_of
from app.main import create_app
from tests.client import BASE, Client
from tests.corpus import FAST_SETTINGS, FOLDERS, Corpus
from tests.frozen_clock import START

ADDRESS = "reader@example.org"
PRESETS = {"findings": "publications?format__not=video", "videos": "publications?format=video", "events": "events"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class SubscriberService(Corpus):
    """`now` is the time; `mailed` has kind and payload of every mail that was asked for, oldest first."""

    def __init__(self, url: str, secrets: Path, **settings: Any) -> None:
        self.now = START
        own = {"database_url": url, "base_url": BASE, "access_log": False, "secret_file": str(secrets)}
        given = Settings(_env_file=None, presets=PRESETS, **{**FOLDERS, **FAST_SETTINGS, **own, **settings})
        SigningKeys(given.signing_keys).make()
        self.service = create_app(given, clock=lambda: self.now)
        self.client = Client(self.service)
        self.context = self.service.services[MailContext]
        self.mailed: list[tuple[str, dict[str, Any]]] = []
        mails = (job_requests.CONFIRMATION, job_requests.REMINDER, job_requests.MANAGE, job_requests.WELCOME)
        kinds = (signup_job(self.context), purge_job(self.context), *map(self._sink, mails))
        self.worker = Worker(self.service.sessions, by_name(*kinds), clock=lambda: self.now)

    def _sink(self, name: str) -> JobKind:
        def handle(_: Sessions, job: Job) -> None:
            self.mailed.append((name, dict(job.payload)))

        return JobKind(name=name, handle=handle, repeatable=True)

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)

    def work(self) -> list[str]:
        """Do all that is due; the kinds of the mails that came of it."""
        before = len(self.mailed)
        while self.worker.step():
            pass
        return [kind for kind, _ in self.mailed[before:]]

    def forget(self) -> None:
        retention_task(self.service.settings).run(self.service.sessions, self.now)

    # --- as readers do it

    def sign_up(self, address: str = ADDRESS, **more: Any) -> httpx.Response:
        return self.client.request("POST", "/v1/subscriptions", json={"address": address, **more})

    def post_form(self, path: str, fields: Iterable[tuple[str, str]], **headers: str) -> httpx.Response:
        return self.client.request("POST", path, content=urlencode(list(fields)), headers={**FORM, **headers})

    def subscribed(self, address: str = ADDRESS, **more: Any) -> int:
        """Sign up and confirm; the number of the subscriber. It comes after the limits had time to pass."""
        self.pass_by(hours=2)
        assert self.sign_up(address, **more).status_code == 202
        assert self.work() == [job_requests.CONFIRMATION]
        assert self.confirm(self.confirmation()).status_code == 200
        assert self.work() == [job_requests.WELCOME]
        return int(self.mailed[-1][1]["subscriber"])

    def confirmation(self) -> str:
        """The token that the newest confirmation mail would carry."""
        payload = next(payload for kind, payload in reversed(self.mailed) if kind == job_requests.CONFIRMATION)
        with self.write() as session:
            return tokens.issue(
                session, Purpose.confirm, payload["subscriber"], now=self.now, sign_up=payload["sign_up"]
            ).text

    def confirm(self, token: str) -> httpx.Response:
        return self.client.request("POST", "/v1/subscriptions/confirmations", json={"token": token})

    def manage_token(self, subscriber: int) -> str:
        with self.write() as session:
            return tokens.issue(session, Purpose.manage, subscriber, now=self.now).text

    def me(self, token: str, method: str = "GET", path: str = "", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self.client.request(method, f"/v1/subscriptions/me{path}", headers=headers, **more)

    def unsubscribe_path(self, *subscriptions: int) -> str:
        return f"/v1/unsubscribe/{unsubscribe_token(self.context.signing_keys, *subscriptions)}"

    def delivery(self, session: Session, subscriber: int, key: str = "1") -> DeliveryRow:
        """Of a digest to this subscriber, which waits; its job is not there any more."""
        values = values_of(Channel.mail, DIGEST_MAIL, key, 0, self.now) | {"subscriber_id": subscriber, "job_id": None}
        row = DeliveryRow(**values)
        session.add(row)
        session.flush()
        return row

    # --- what is there

    def subscriber(self, number: int) -> SubscriberRow | None:
        with self.read() as session:
            return session.get(SubscriberRow, number)

    def subscriptions(self, number: int) -> list[SubscriptionRow]:
        with self.read() as session:
            return subscriptions_of(session, number)

    def states(self, number: int) -> list[str]:
        return [row.state for row in self.subscriptions(number)]

    def events(self, number: int) -> list[str]:
        with self.read() as session:
            return [each["event"] for each in consent_log.consent_history(session, number)]

    def counts(self) -> dict[str, int]:
        """Rows in each table."""
        with self.read() as session:
            tables = Base.metadata.sorted_tables
            return {each.name: session.scalar(select(func.count()).select_from(each)) or 0 for each in tables}

    def contents(self) -> object:
        """The bytes of the database's files; on a server, every row of every table."""
        url = self.service.sessions.engine.url
        if url.get_backend_name() == "sqlite":
            return [Path(f"{url.database}{ending}").read_bytes() for ending in ("", "-wal")]
        with self.read() as session:
            return [session.execute(select(table)).all() for table in Base.metadata.sorted_tables]

    def payloads(self) -> str:
        """All that jobs say."""
        with self.read() as session:
            return repr([(row.key, row.payload, row.error) for row in session.scalars(select(JobRow))])
