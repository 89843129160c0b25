"""Whether the time of an answer to a sign-up tells who is known."""

import asyncio
import random
import statistics
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import httpx

from app.kit.values.email_addresses import parse_address
from app.mailing.consent import suppression
from app.mailing.models import SuppressionReason
from tests.client import BASE
from tests.databases import Databases, start
from tests.factories import add_details
from tests.mailing.subscriber_service import SubscriberService

STATES = ("new", "pending", "active", "unsubscribed", "bounced", "complained", "blocked", "honeypot")
SUPPRESSED = {
    "bounced": SuppressionReason.hard_bounce,
    "complained": SuppressionReason.complaint,
    "blocked": SuppressionReason.manual,
}
WARM_UP, RESAMPLES = 50, 200


def address_of(state: str) -> str:
    """As long in every state."""
    return f"{state:x<12}@example.org"


def prepare(readers: SubscriberService) -> None:
    """Somebody in each state."""
    readers.sign_up(address_of("pending"))
    readers.work()
    for state in ("active", "unsubscribed"):
        number = readers.subscribed(address_of(state))
    (first, *_) = readers.subscriptions(number)
    readers.client.request("POST", readers.unsubscribe_path(first.id), json={"do": "end_all"})
    with readers.write() as session:
        for state, reason in SUPPRESSED.items():
            key = parse_address(address_of(state)).unique_key
            suppression.suppress(session, readers.context.signing_keys, key, reason, now=readers.now)


async def measure(readers: SubscriberService, samples: int) -> dict[str, list[float]]:
    """Milliseconds of each answer, by state; the states take turns by chance, every request from another place."""
    order = [state for state in STATES for _ in range(samples)]
    random.Random(5).shuffle(order)
    found: dict[str, list[float]] = defaultdict(list)
    for number, state in enumerate([*order[:WARM_UP], *order]):
        place = f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}"
        transport = httpx.ASGITransport(readers.service, client=(place, 1))
        body = {"address": address_of(state), "presets": ["videos"], "website": "x" if state == "honeypot" else ""}
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            began = time.perf_counter()
            answer = await client.post("/v1/subscriptions", json=body)
            taken = time.perf_counter() - began
        assert answer.status_code == 202, answer.text
        if number >= WARM_UP:
            found[state].append(taken * 1000)
    return found


def medians(engine: str, samples: int) -> dict[str, tuple[float, float]]:
    """By state, the median of the milliseconds, and its error."""
    server = start(engine)
    try:
        databases = Databases(server)
        with (
            tempfile.TemporaryDirectory() as folder,
            databases.copied(databases.template("furnished", add_details)) as url,
            closing(SubscriberService(url, Path(folder) / "secrets")) as readers,
        ):
            prepare(readers)
            found = asyncio.run(measure(readers, samples))
    finally:
        server.stop()
    chance = random.Random(6)
    return {state: (statistics.median(times), _error(times, chance)) for state, times in found.items()}


def _error(times: list[float], chance: random.Random) -> float:
    """Of the median, by the bootstrap: such times have long tails."""
    return statistics.stdev(statistics.median(chance.choices(times, k=len(times))) for _ in range(RESAMPLES))
