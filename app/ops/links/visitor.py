"""One visit to one address: politely, and without drawing more from the answer than it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import urlsplit

from app.kit.clock import Clock, parse_http_date
from app.kit.containers.unlocked_cache import remember
from app.ops.links import robots
from app.ops.links.models import LinkState
from app.ops.links.robots import Robots
from app.outbound.client import OutboundResponse
from app.outbound.errors import (
    DestinationForbidden,
    OutboundDisabled,
    OutboundError,
    ResponseTooLarge,
    TooManyRedirects,
)

PRODUCT: Final = "knowledge-base"
"""The product token that robots.txt may name."""
SECONDS: Final = 20.0
"""For one exchange, redirects included."""
MAX_READ: Final = 64 * 1024
"""Bytes of a body that are read before it counts as being there."""
ACCESS_STATUSES: Final = frozenset({401, 402, 403, 451})
"""There is something, and not for everybody."""
BUSY: Final = frozenset({429, 503})
LASTING: Final = frozenset({301, 308})
ROBOTS_KEPT: Final = timedelta(days=1)
MAX_HOSTS: Final = 1000
MAX_PAUSE: Final = timedelta(hours=6)
MIN_PAUSE: Final = timedelta(minutes=1)


class Fetch(Protocol):
    """`Outbound.fetch`: raises `OutboundError`, and nothing else."""

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
        max_bytes: int | None = None,
    ) -> OutboundResponse: ...


@dataclass(frozen=True, slots=True)
class VisitOutcome:
    """`pause` is set where the server is busy and says, or lets us guess, when to come again."""

    state: LinkState
    status: int | None = None
    final_url: str | None = None
    redirects: list[str] = field(default_factory=list)
    problem: str | None = None
    retry_after: timedelta | None = None


class LinkVisitor:
    """Visits addresses; remembers what servers ask of robots for a day."""

    def __init__(self, fetch: Fetch, clock: Clock, *, seconds: float = SECONDS) -> None:
        self._fetch = fetch
        self._seconds = seconds
        self._clock = clock
        self._robots: dict[str, tuple[datetime, Robots | None]] = {}

    def delay(self, url: str) -> timedelta:
        """The server's crawl delay between two visits."""
        known = self._robots.get(_origin(url))
        requested = known[1].delay if known and known[1] else 0.0
        return timedelta(seconds=requested)

    def visit(self, url: str) -> VisitOutcome:
        """Raises `OutboundDisabled`, and nothing else."""
        try:
            path = _path(url)
        except ValueError:
            return VisitOutcome(LinkState.broken, problem="This is not a web address.")
        try:
            return self._visited(url, path)
        except OutboundDisabled:
            raise
        except (DestinationForbidden, TooManyRedirects) as error:
            return VisitOutcome(LinkState.broken, problem=str(error))
        except OutboundError as error:
            return VisitOutcome(LinkState.unreachable, problem=str(error))

    def _visited(self, url: str, path: str) -> VisitOutcome:
        rules = self._rules(_origin(url))
        if rules is None:
            return VisitOutcome(LinkState.unreachable, problem="The server's robots.txt cannot be read.")
        if not rules.allow(path):
            return VisitOutcome(LinkState.refused, problem="The server's robots.txt disallows this URL.")
        answer = self._fetch("HEAD", url, seconds=self._seconds)
        if _may_answer_get(answer.status):
            try:
                answer = self._fetch("GET", url, seconds=self._seconds, max_bytes=MAX_READ)
            except ResponseTooLarge:
                return VisitOutcome(LinkState.ok)
        return classify(answer, self._clock())

    def _rules(self, origin: str) -> Robots | None:
        """None where the server cannot say: then nothing of it may be visited (RFC 9309 section 2.3.1.4)."""
        now = self._clock()
        known = self._robots.get(origin)
        if known is None or now - known[0] >= ROBOTS_KEPT:
            known = now, self._fetch_robots(origin)
            remember(self._robots, origin, known, MAX_HOSTS)
        return known[1]

    def _fetch_robots(self, origin: str) -> Robots | None:
        try:
            answer = self._fetch("GET", f"{origin}/robots.txt", seconds=self._seconds, max_bytes=robots.MAX_LENGTH)
        except (ResponseTooLarge, TooManyRedirects):
            return robots.EVERYTHING
        if answer.status >= 500 or answer.status == 429:
            return None
        return robots.parse(answer.body.decode("utf-8", "replace") if answer.status == 200 else "", PRODUCT)


def _may_answer_get(status: int) -> bool:
    """Many servers do not know HEAD, and say so by almost anything: 405, 501, 403, 404, 500."""
    return status >= 400 and status not in BUSY and status not in ACCESS_STATUSES - {403}


def classify(answer: OutboundResponse, now: datetime) -> VisitOutcome:
    """What a response says about the requested address."""
    steps = [f"{status} {url}" for status, url in answer.redirects]
    state, problem, pause = _state(answer), None, None
    if state not in (LinkState.ok, LinkState.moved):
        problem = f"The server responds with {answer.status} ({_phrase(answer.status)})."
    if answer.status in BUSY:
        pause = _pause(answer, now)
    return VisitOutcome(state, answer.status, answer.url, steps, problem, pause)


def _state(answer: OutboundResponse) -> LinkState:
    if answer.status in ACCESS_STATUSES:
        return LinkState.refused
    if answer.status in BUSY or answer.status == 408 or answer.status >= 500:
        return LinkState.unreachable
    if answer.status >= 400:
        return LinkState.broken
    lasting = bool(answer.redirects) and all(status in LASTING for status, _ in answer.redirects)
    return LinkState.moved if lasting else LinkState.ok


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "no standard meaning"


def _pause(answer: OutboundResponse, now: datetime) -> timedelta:
    """Retry-After (RFC 9110 section 10.2.3), seconds or a date, within what is sensible."""
    field = answer.headers.get("retry-after", "").strip()
    pause = MIN_PAUSE
    if field.isdecimal() and len(field) < 8:
        pause = timedelta(seconds=int(field))
    elif field:
        try:
            pause = parse_http_date(field) - now
        except ValueError:
            return MIN_PAUSE
    return min(max(pause, MIN_PAUSE), MAX_PAUSE)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def _path(url: str) -> str:
    """With the query, as robots.txt matches it. Raises ValueError for what is no address."""
    parts = urlsplit(url)
    if not parts.hostname or parts.port == 0:
        raise ValueError("no host")
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
