"""Served for long, while staff publish and readers ask for ever other things: memory and open files stay as they are.

`PROVE_SECONDS` in the environment says for how long; the short form is the beginning of it."""

import os
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from time import monotonic

import httpx
import psutil

from tests.conftest import fill_with_seeds
from tests.databases import Databases
from tests.prove.processes import running
from tests.prove.staff import make_staff_key, publish_one

SECONDS = float(os.environ.get("PROVE_SECONDS", "20"))
WARM_UP = 0.3
"""Share of that time after which nothing is to grow: by then every cache is full."""
READERS = 3
MAX_GROWTH = 0.1
"""Share by which memory may grow after that: what is published stays in it."""
FREE_HEAP = 32 * 2**20
"""Bytes by which it may differ besides: what the C library has freed and not given back goes up and down by some 20 MB,
the more the busier the machine is. What is lost with every request exceeds it in a long run."""
MEMORY = {"KB_RESPONSE_MEMORY": str(2**20), "KB_DOCUMENT_MEMORY": str(2**20), "KB_MAX_CONNECTIONS_PER_CLIENT": "1000"}
"""Caches that are full soon."""
UNHURRIED = {"KB_KEY_RATE_LIMIT": "1000000"}
"""The test publishes faster than a key may."""
WORDS = ("ethics", "trust", "harm", "practice", "innovation", "young people", "zzz")
"""And numbers: no two questions are the same."""


def read(address: str, numbers: "count[int]", stop: threading.Event, failed: list[str]) -> None:
    """One connection after the other, each for a few requests; some are given up in the middle."""
    while not stop.is_set():
        number = next(numbers)
        word = WORDS[number % len(WORDS)]
        paths = [
            f"/v1/entries?q={word}+{number}",
            f"/v1/entries?q={word}&per_page={1 + number % 50}&facets=topic,stage,format",
            f"/v1/publications.csv?q={word}",
            f"/v1/entries?sort=title&page={1 + number % 20}&per_page=5",
            f"/v1/publications/none-{number}",
            "/search?q=" + word,
        ]
        with httpx.Client(base_url=address, timeout=60) as client:
            for path in paths:
                answer = client.get(path)
                if answer.status_code not in (200, 404, 429, 503):
                    failed.append(f"{path}: {answer.status_code} {answer.text[:200]}")
            with client.stream("GET", "/v1/entries.ndjson"):
                pass  # who goes away in the middle of an export


def measure(process: psutil.Process) -> tuple[int, int]:
    """Bytes of its own, and open descriptors."""
    return process.memory_full_info().uss, process.num_fds()


def test_memory_and_descriptors_stay_as_they_are(databases_of: Callable[[str], Databases], tmp_path: Path) -> None:
    databases = databases_of("sqlite")
    with databases.copied(databases.template("seeded", fill_with_seeds)) as url:
        key = make_staff_key(url)
        with running(url, tmp_path / "machines", 1, **MEMORY, **UNHURRIED) as (service,):
            watched, stop, failed = psutil.Process(service.process.pid), threading.Event(), list[str]()
            numbers = count(1)
            readers = [
                threading.Thread(target=read, args=(service.address, numbers, stop, failed)) for _ in range(READERS)
            ]
            for each in readers:
                each.start()
            began, seen = monotonic(), list[tuple[int, int]]()
            try:
                with closing(httpx.Client(base_url=service.address, timeout=60)) as staff:
                    while monotonic() < began + SECONDS:
                        assert publish_one(staff, key, f"soak-{len(seen):05}").status_code == 200
                        seen.append(measure(watched))
            finally:
                stop.set()
                for each in readers:
                    each.join()
    assert failed == [], service.log
    warm = seen[int(len(seen) * WARM_UP) :]
    third = len(warm) // 3
    early, late = (sorted(part) for part in (warm[:third], warm[-third:]))
    (memory, files), (memory_late, files_late) = early[third // 2], late[third // 2]
    assert memory_late < memory * (1 + MAX_GROWTH) + FREE_HEAP, f"{memory:,} bytes became {memory_late:,}"
    most = max(files for _, files in warm[:third])
    assert files_late <= most, f"{files} open files became {files_late}"
