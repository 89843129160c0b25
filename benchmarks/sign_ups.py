"""Whether the time of an answer tells who is known: `python -m benchmarks.sign_ups sqlite|postgresql [samples]`."""

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import httpx

from app.mailing import suppression
from app.mailing.addresses import parse_address
from app.mailing.tables import Reason
from tests.client import BASE
from tests.databases import Databases, start
from tests.factories import furnish
from tests.mailing.readers import Readers

STATES = ("new", "pending", "active", "unsubscribed", "bounced", "complained", "blocked", "honeypot")
SUPPRESSED = {"bounced": Reason.hard_bounce, "complained": Reason.complaint, "blocked": Reason.manual}
WARM_UP = 50


def address_of(state: str) -> str:
    """As long in every state."""
    return f"{state:x<12}@example.org"


def prepare(readers: Readers) -> None:
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
            suppression.suppress(session, readers.office.keyring, key, reason, now=readers.now)


async def measure(readers: Readers, samples: int) -> dict[str, list[float]]:
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


def main(engine: str, samples: int = 500) -> None:
    server = start(engine)
    try:
        databases = Databases(server)
        secrets = Path(tempfile.mkdtemp()) / "secrets"
        with (
            databases.copied(databases.template("furnished", furnish)) as url,
            closing(Readers(url, secrets)) as readers,
        ):
            prepare(readers)
            found = asyncio.run(measure(readers, samples))
        shown = {
            state: {
                "median_ms": round(statistics.median(times), 3),
                "error_of_median_ms": round(1.2533 * statistics.stdev(times) / len(times) ** 0.5, 3),
            }
            for state, times in found.items()
        }
        print(json.dumps({"engine": engine, "samples": samples, "states": shown}, indent=2))
    finally:
        server.stop()


if __name__ == "__main__":
    main(sys.argv[1], *(int(each) for each in sys.argv[2:]))
