"""What every staff request needs of the service: sessions, the time, and who holds a key."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import or_, update

from app.db.sessions import Sessions
from app.db.write_slots import WriteSlots
from app.kit.clock import Clock
from app.kit.errors import Unauthenticated
from app.kit.rate_limiter import RateLimiter
from app.kit.tokens import parse_token
from app.staff.auth.actors import Actor
from app.staff.auth.background_writer import BackgroundWriter
from app.staff.auth.key_use import KeyUseCounter
from app.staff.auth.keys import PREFIX, READ, KeyRow, authenticate
from app.staff.auth.security_log import HOUR, NOBODY, SecurityEvent, counted, record

WRITERS: Final = 8
"""Write requests at once in a process: others wait without a thread and without a connection."""
WAIT: Final = 15.0
"""Seconds that one of them waits for the others at most, here and in the database."""
MINUTE: Final = 60
UNKNOWN_AN_HOUR: Final = 20
"""Events an hour about unknown keys, of the whole service."""
KNOWN_AN_HOUR: Final = 5
"""About each key that is known and not good: revoked, expired, or with another secret."""
REFUSALS_AN_HOUR: Final = 5
"""About each scope that a key does not have."""
NOTED_EVERY: Final = timedelta(minutes=1)


class StaffContext:
    """One for each application; `close` it before the engine. `base` begins every address in a response.

    `requests_per_minute` limits each key. `failures_per_minute` limits the requests without a valid key from one client
    address; a valid key is accepted from any address. With `four_eyes` nobody publishes what they wrote last.
    """

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        base: str,
        *,
        requests_per_minute: int,
        failures_per_minute: int,
        four_eyes: bool = False,
    ) -> None:
        self.four_eyes = four_eyes
        self.sessions = sessions
        self.base = base
        self.clock = clock
        self.writers = WriteSlots(WRITERS, WAIT)
        self.key_rate_limiter = RateLimiter("key", requests_per_minute, MINUTE)
        self.failed_key_limiter = RateLimiter("failed-keys", failures_per_minute, MINUTE)
        self._noted: dict[str, datetime] = {}
        self._notes = BackgroundWriter("notes-of-keys")
        self.use = KeyUseCounter(sessions, self._notes)

    def authenticate(self, authorization: Sequence[str], now: datetime) -> Actor:
        """Who sent these `Authorization` fields (RFC 6750 section 2.1). Raises Unauthenticated."""
        text = bearer(authorization)
        with self.sessions.read() as session:
            row = authenticate(session, text, now=now)
            actor = Actor(row.name, row.id, frozenset(row.scopes))
        self._note_use(row.id, now)
        return actor

    def partner_key(self, authorization: Sequence[str]) -> str | None:
        """The public id of a key for reading that is good now; None for whatever else was sent."""
        try:
            actor = self.authenticate(authorization, self.clock())
        except Unauthenticated:
            return None
        return actor.key if READ in actor.scopes else None

    def _note_use(self, key_id: str, now: datetime) -> None:
        """Once a minute, and where it holds up no request: a reader does not wait for a writer."""
        last = self._noted.get(key_id)
        if last is None or now - last >= NOTED_EVERY:
            self._noted[key_id] = now
            self._notes.submit("the last use of a key", partial(self._write_use, key_id, now))

    def _write_use(self, key_id: str, now: datetime) -> None:
        stale = or_(KeyRow.last_used_at.is_(None), KeyRow.last_used_at <= now - NOTED_EVERY)
        with self.sessions.write() as session:
            session.execute(update(KeyRow).where(KeyRow.id == key_id, stale).values(last_used_at=now))

    def note_failure(self, authorization: Sequence[str]) -> None:
        """Into the security log, a few of each sort an hour: a key that was tried and is not good."""
        try:
            token = parse_token(PREFIX, bearer(authorization))
        except Unauthenticated:
            return
        with self.sessions.read() as session:
            row = session.get(KeyRow, token.id) if token is not None else None
        event = SecurityEvent(
            "refuse", "key", "" if row is None else row.id, None if row is None else row.state(self.clock())
        )
        self.note_refusal(event, NOBODY, most=UNKNOWN_AN_HOUR if row is None else KNOWN_AN_HOUR)

    def note_refusal(self, event: SecurityEvent, by: Actor, *, most: int = REFUSALS_AN_HOUR) -> None:
        """Written in the background, with a limit for each sort of event and hour, so that the log cannot be
        flooded."""
        with self.sessions.read() as session:
            if counted(session, event, by=by, since=self.clock() - HOUR) < most:
                self._notes.submit(f"a refusal ({event.kind})", partial(self._write_refusal, event, by, most))

    def _write_refusal(self, event: SecurityEvent, by: Actor, most: int) -> None:
        now = self.clock()
        with self.sessions.write() as session:
            if counted(session, event, by=by, since=now - HOUR) < most:
                record(session, event, by=by, now=now)

    def close(self) -> None:
        """Waits for what is still to be written."""
        self.use.flush()
        self._notes.close()


def bearer(authorization: Sequence[str]) -> str:
    """The credentials of the one field. Raises Unauthenticated, without an error code where no key was tried."""
    if not authorization:
        raise Unauthenticated("Send your key as `Authorization: Bearer kb_…`.")
    scheme, _, text = authorization[0].partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Use the form `Authorization: Bearer kb_…`.")
    if len(authorization) > 1:
        raise Unauthenticated("Send only one key.", error="invalid_token")
    return text.strip(" ")
