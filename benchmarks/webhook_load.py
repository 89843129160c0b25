"""Messages to webhooks a second, with two worker processes, on both databases."""

import asyncio
import multiprocessing
import tempfile
import time
from pathlib import Path

from sqlalchemy import func, select

from app.catalogue.registry import ALL_ENTRIES, SEARCH_SCHEMAS
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.documents.revisions import published_number
from app.feed.deliveries import DeliveryRow, DeliveryState
from app.jobs.kinds import by_name
from app.jobs.worker import Worker
from app.kit.clock import utc_now
from app.kit.signing_keys import SigningKeys
from app.outbound.client import Outbound
from app.search.query.schema_registry import SchemaRegistry
from app.webhooks.composition import make_sender, webhook_jobs
from app.webhooks.management import create_webhook, send_again
from app.webhooks.pauses import OwnerNotice
from app.webhooks.schedule import enqueue_turn
from tests.databases import ENGINES, Databases, start
from tests.factories import add_details, make_publication

WEBHOOKS = 50
WORKERS = 2
ACCEPTED = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
TIME_LIMIT = 300.0


def measured(messages: int) -> list[tuple[str, str]]:
    return [(f"{messages:,} messages to {WEBHOOKS} webhooks, {engine}", on(engine, messages)) for engine in ENGINES]


def on(engine: str, messages: int) -> str:
    server = start(engine)
    try:
        databases = Databases(server)
        with (
            tempfile.TemporaryDirectory() as folder,
            databases.copied(databases.template("furnished", add_details)) as url,
        ):
            return run(url, f"{folder}/secrets", messages)
    finally:
        server.stop()


def run(url: str, secret_file: str, messages: int) -> str:
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    receiver = multiprocessing.Process(target=receive, args=(port,), daemon=True)
    receiver.start()
    sessions = Sessions(make_engine(url))
    SigningKeys(Path(secret_file)).make()
    fill(sessions, secret_file, port.get(timeout=30), messages // WEBHOOKS)
    workers = [multiprocessing.Process(target=work, args=(url, secret_file), daemon=True) for _ in range(WORKERS)]
    began = time.perf_counter()
    for each in workers:
        each.start()
    while count(sessions) < messages:
        if time.perf_counter() - began > TIME_LIMIT:
            raise TimeoutError("the messages were not sent in time")
        time.sleep(0.1)
    taken = time.perf_counter() - began
    for process in (*workers, receiver):
        process.terminate()
        process.join()
    sessions.dispose()
    return f"{messages / taken:.0f} a second"


def fill(sessions: Sessions, secret_file: str, port: int, pages: int) -> None:
    """So many pages of changes for each webhook: a message has a hundred."""
    with sessions.write() as session:
        before = published_number(session)
        for number in range(pages * 100 - 50):
            make_publication(session, slug=f"number-{number}")
    with sessions.write() as session:
        for number in range(WEBHOOKS):
            values = {
                "name": f"Number {number}",
                "url": f"http://partner.test:{port}/",
                "owner": "a@example.org",
                "query": None,
                "documents": False,
            }
            keys = SigningKeys(Path(secret_file))
            row, _ = create_webhook(session, values, keys, by="benchmark", now=utc_now())
            send_again(session, row, before, now=utc_now())
            enqueue_turn(session, row, now=utc_now())


def count(sessions: Sessions) -> int:
    with sessions.read() as session:
        sent = select(func.count()).select_from(DeliveryRow).where(DeliveryRow.state == DeliveryState.sent)
        return session.scalar(sent) or 0


def work(url: str, secret_file: str) -> None:
    settings = Settings(_env_file=None, database_url=url, secret_file=secret_file)
    outbound = Outbound(
        user_agent="kb-benchmark (+http://127.0.0.1:8000)",
        resolve=lambda host, port, seconds: ["127.0.0.1"],
        permitted=lambda address: True,
    )
    registry = SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES)
    sender = make_sender(outbound, settings, utc_now, registry, lambda session, notice, now: refuse(notice))
    Worker(Sessions(make_engine(url)), by_name(*webhook_jobs(sender))).run()


def refuse(notice: OwnerNotice) -> None:
    raise RuntimeError(notice.subject)


def receive(port: "multiprocessing.Queue[int]") -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        writer.write(ACCEPTED)
        await writer.drain()
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=500)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())
