"""Clients that wait for a publication: what each costs, and how soon the last of them has it."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.catalogue.kinds import publications
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.documents.revisions import published_number
from app.staff.editing.writer import Change, save
from benchmarks import generate
from benchmarks.databases import service_database
from benchmarks.servers import Server, running

COPIED = 2_000
PER_ADDRESS = 5
PATIENCE = 60.0
"""Seconds."""
FORMS = (("long poll", "wait=60", "application/json"), ("Server-Sent Events", "", "text/event-stream"))


def measured(clients: int) -> list[tuple[str, str]]:
    rows = []
    for name, parameter, media_type in FORMS:
        with tempfile.TemporaryDirectory(prefix="kb-waiting-") as folder:
            path = Path(folder) / "waiting.sqlite"
            shutil.copyfile(service_database(COPIED), path)
            settings = {
                "KB_DATABASE_URL": f"sqlite:///{path}",
                "KB_INDEX_DIRECTORY": f"{folder}/index",
                "KB_ACCESS_LOG": "false",
                "KB_WORKER": "false",
                "KB_MAX_CONNECTIONS": str(clients * 4),
            }
            with running("waiting", ("-m", "app.cli.main", "serve"), settings, "/v1") as server:
                rows.append(
                    (f"{clients:,} clients by {name}", asyncio.run(wait(server, path, clients, parameter, media_type)))
                )
    return rows


async def wait(server: Server, path: Path, clients: int, parameter: str, media_type: str) -> str:
    sessions = Sessions(make_engine(f"sqlite:///{path}"))
    with sessions.read() as session:
        since = published_number(session)
    before = server.memory()
    request = f"GET /v1/changes?since={since}&{parameter} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {media_type}\r\n\r\n"
    connections = await connect(server.port, clients, request.replace("&&", "&").encode())
    await asyncio.sleep(3)
    each = (server.memory() - before) / clients / 1024
    spent = server.cpu()
    reading = [asyncio.create_task(read(reader)) for reader, _ in connections]
    await asyncio.to_thread(publish, sessions)
    committed = time.perf_counter()
    ends = await asyncio.wait_for(asyncio.gather(*reading), PATIENCE)
    cost = (server.cpu() - spent) / clients * 1e6
    for _, writer in connections:
        writer.close()
    sessions.dispose()
    last = max(ends) - committed
    return f"{each:.0f} kB each; the last told {last:.2f} s after the commit; {cost:.0f} µs of processor time each"


async def connect(
    port: int, clients: int, request: bytes
) -> Sequence[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    found = []
    for number in range(clients):
        block = number // PER_ADDRESS + 1
        local = (f"127.1.{block // 250}.{block % 250 + 1}", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=local)
        writer.write(request)
        found.append((reader, writer))
    return found


async def read(reader: asyncio.StreamReader) -> float:
    """When the change was there."""
    await reader.readuntil(b'"change":"created"')
    return time.perf_counter()


def publish(sessions: Sessions) -> None:
    item = next(iter(generate.publications(COPIED)))
    item = {**item, "slug": "published-while-they-wait", "identifiers": []}
    with sessions.write() as session:
        change = Change(publications.KIND, publications.KIND.input.model_validate(item))
        save(session, [change], by="benchmark", now=datetime.now(UTC))
