"""Rate limits of sign-ups and mails. Exact over all processes, and across a restart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db.upsert import insert_or_ignore
from app.kit.errors import TooManyRequests
from app.kit.rate_limiter import Quota
from app.kit.signing_keys import SigningKeys
from app.kit.values.email_addresses import EmailAddress
from app.mailing.models import RateLimitRow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many in any stretch of that length."""

    count: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Budget:
    """What is counted under a name: the limits that hold together. No stretch is longer than a day."""

    scope: str
    limits: tuple[Limit, ...]


PER_IP: Final = Budget("ip", (Limit(5, HOUR), Limit(20, DAY)))
PER_ADDRESS: Final = Budget("address", (Limit(1, timedelta(minutes=10)), Limit(3, DAY)))
PER_KNOWN: Final = Budget("known", PER_ADDRESS.limits)
"""Of those who confirmed once: links that they ask for, and reminders."""
PER_DOMAIN: Final = Budget("domain", (Limit(100, HOUR),))


def service_budget(an_hour: int, scope: str = "all") -> Budget:
    """What the whole service sends before anybody has confirmed anything."""
    return Budget(scope, (Limit(an_hour, HOUR),))


def check_ip(session: Session, signing_keys: SigningKeys, ip: str, *, now: datetime) -> None:
    """Count one request. Raises TooManyRequests; the address is kept as an HMAC that no other day has."""
    wait = _take(session, PER_IP, signing_keys.sign("ip", f"{now:%Y-%m-%d} {ip}")[1], now)
    if wait:
        used_up = next(limit for limit in PER_IP.limits if wait <= limit.within.total_seconds())
        quota = Quota("sign-ups", used_up.count, int(used_up.within.total_seconds()), 0, wait)
        raise TooManyRequests("Too many sign-ups from your network.", retry_after=wait, quotas=[quota])


def may_send_confirmation(
    session: Session, signing_keys: SigningKeys, address: EmailAddress, an_hour: int, *, now: datetime
) -> bool:
    """Count one confirmation mail; False if it must not be sent, and then nothing is counted."""
    counted = ((PER_ADDRESS, address.person_key), (PER_DOMAIN, address.domain), (service_budget(an_hour), ""))
    return _take_all(session, signing_keys, counted, now)


def may_send_reply(
    session: Session, signing_keys: SigningKeys, address: EmailAddress, an_hour: int, *, now: datetime
) -> bool:
    """As `may_send_confirmation`, of a mail to a confirmed subscriber: sign-ups by others do not use up this limit."""
    counted = ((PER_KNOWN, address.person_key), (service_budget(an_hour, "known-all"), ""))
    return _take_all(session, signing_keys, counted, now)


def _take_all(
    session: Session, signing_keys: SigningKeys, counted: Sequence[tuple[Budget, str]], now: datetime
) -> bool:
    """Count one in each of these budgets, or in none."""
    rows = [
        (budget, _locked(session, budget.scope, signing_keys.sign(budget.scope, what)[1], now))
        for budget, what in counted
    ]
    if any(_too_many(budget, row, now) for budget, row in rows):
        return False
    for _, row in rows:
        _count(session, row, now)
    return True


def _take(session: Session, budget: Budget, digest: str, now: datetime) -> int:
    """Count one; the seconds to wait where that is one too many, and then it is not counted."""
    row = _locked(session, budget.scope, digest, now)
    wait = _too_many(budget, row, now)
    if not wait:
        _count(session, row, now)
    return wait


def _too_many(budget: Budget, row: RateLimitRow, now: datetime) -> int:
    """The seconds to wait; 0 where one more is allowed."""
    second = int(now.timestamp())
    return max(_wait(limit, _recent(row, second), second) for limit in budget.limits)


def _recent(row: RateLimitRow, second: int) -> list[int]:
    return [moment for moment in row.moments if moment > second - DAY.total_seconds()]


def _count(session: Session, row: RateLimitRow, now: datetime) -> None:
    second = int(now.timestamp())
    row.moments, row.last = [*_recent(row, second), second], now
    session.flush()


def _wait(limit: Limit, moments: Sequence[int], second: int) -> int:
    length = int(limit.within.total_seconds())
    within = [moment for moment in moments if moment > second - length]
    return 0 if len(within) < limit.count else within[-limit.count] + length - second


def _locked(session: Session, scope: str, digest: str, now: datetime) -> RateLimitRow:
    new = insert_or_ignore(session, RateLimitRow, "scope", "digest")
    session.execute(new.values(scope=scope, digest=digest, moments=[], last=now))
    found = select(RateLimitRow).where(RateLimitRow.scope == scope, RateLimitRow.digest == digest).with_for_update()
    return session.scalars(found.execution_options(populate_existing=True)).one()


def delete_expired(session: Session, *, now: datetime) -> None:
    """Everything older than the longest stretch."""
    session.execute(delete(RateLimitRow).where(RateLimitRow.last < now - DAY))
