"""Datasette over the same publications, laid out as its documentation would have it.

A list of terms is a JSON array, which its facets count, and a table between, which its filters are quickest by;
what is filtered by has an index, a date by its last day, as the service does; the words are in an FTS5 table kept
beside the rows. The order is by primary key, for searches too, and the file is served as one that never changes.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from inspect import getsource
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from app.kit.values.partial_dates import PartialDate
from benchmarks import generate
from benchmarks.databases import ROOT, in_batches, kept, plain_columns
from benchmarks.questions import Counted, Question
from benchmarks.servers import Server, ServerFailed, running

PYTHON = ROOT / ".venv" / "datasette" / "bin" / "python"
RELATED = ("topic", "stage")
"""Terms that are also in tables of their own."""
FACETS = {"topic": "_facet_array", "stage": "_facet_array", "format": "_facet"}
PATIENCE = 60_000
"""Milliseconds that a query may take; by default a second, a fifth of it for a facet."""
ColumnsOf = Callable[[int, generate.Item, dict[str, str]], dict[str, Any]]
"""The columns of a publication by its number, what was generated, and the names of people."""

TABLES = """
create table publications (
    id integer primary key, slug text, title text, summary text, language text, issued text, issued_on text,
    issued_until text,
    licence text, venue text, volume text, pages text, landing_page text, doi text, authors text,
    topic text, stage text, audience text, format text
);
create table topics (slug text primary key, label text);
create table stages (slug text primary key, label text);
create table publications_topics (
    publication integer references publications(id), topic text references topics(slug),
    primary key (topic, publication)
) without rowid;
create table publications_stages (
    publication integer references publications(id), stage text references stages(slug),
    primary key (stage, publication)
) without rowid;
"""
AFTERWARDS = """
create index publications_issued_until on publications(issued_until);
create index publications_format on publications(format);
create index publications_topics_publication on publications_topics(publication);
create index publications_stages_publication on publications_stages(publication);
create virtual table publications_fts using fts5(
    title, summary, venue, authors, tokenize='porter', content=[publications]
);
insert into publications_fts(publications_fts) values ('rebuild');
analyze;
"""


def datasette_database(count: int) -> Path:
    """A file of `count` publications."""
    ways = (generate, columns, fill_tables, _fill)
    made_from = (TABLES, AFTERWARDS, *(getsource(way) for way in ways))
    return kept(f"datasette-{count}", made_from, lambda path: _fill(path, count))


@contextmanager
def datasette(database: Path) -> Iterator[Server]:
    """Datasette as its own command starts it, one process, its limits raised, no facets suggested.

    Raises `ServerFailed` where `make bench` has not set it up.
    """
    if not PYTHON.exists():
        raise ServerFailed(f"no {PYTHON.relative_to(ROOT)}: `make {PYTHON.parent.parent.relative_to(ROOT)}/.made`")
    settings = {"sql_time_limit_ms": PATIENCE, "facet_time_limit_ms": PATIENCE, "suggest_facets": "off"}
    arguments = ["-m", "datasette", "serve", "--immutable", str(database)]
    for name, value in settings.items():
        arguments += ["--setting", name, str(value)]
    with running("datasette", arguments, {}, f"/{database.stem}.json", python=str(PYTHON)) as server:
        yield server


def address(database: Path, question: Question) -> str:
    """Of 25 publications as JSON, with these facets."""
    conditions = [tagged(scheme, slug) for scheme, slug in question.terms.items()]
    conditions += [since(question.since)] if question.since else []
    conditions += [("_search", question.words)] if question.words else []
    counted = [(FACETS[name], name) for name in question.facets]
    return f"/{database.stem}/publications.json?{urlencode([*conditions, *counted, ('_size', '25')])}"


def counted(answer: Any) -> Counted:
    values = answer["facet_results"]["format"]["results"]
    return answer["filtered_table_rows_count"], {each["value"]: each["count"] for each in values}


def tagged(scheme: str, slug: str) -> tuple[str, str]:
    """The parameter that filters by a term, through the table between."""
    through = {"table": f"publications_{scheme}s", "column": scheme, "value": slug}
    return "_through", json.dumps(through, separators=(",", ":"))


def since(day: str) -> tuple[str, str]:
    """As SQL: Datasette 0.65 gives a plain parameter the same place as one of `_through`, and finds nothing."""
    return "_where", f"issued_until >= '{day}'"


def _fill(path: Path, count: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES)
        fill_tables(connection, count, columns)
        connection.executescript(AFTERWARDS)
        connection.commit()


def fill_tables(connection: sqlite3.Connection, count: int, columns_of: ColumnsOf) -> None:
    """Publications, topics, stages, and which publication has which."""
    things = generate.catalogue(count)
    for table in ("topics", "stages"):
        insert(connection, table, [{"slug": term["slug"], "label": term["label"]} for term in things[table]])
    names = {f"people/{person['slug']}": person["name"] for person in things["people"]}
    for batch in in_batches(enumerate(generate.publications(count), 1)):
        insert(connection, "publications", [columns_of(number, item, names) for number, item in batch])
        for scheme in RELATED:
            tags = [{"publication": n, scheme: slug} for n, item in batch for slug in item["terms"][scheme]]
            insert(connection, f"publications_{scheme}s", tags)


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    columns, places = ", ".join(rows[0]), ", ".join(f":{name}" for name in rows[0])
    connection.executemany(f"insert into {table} ({columns}) values ({places})", rows)


def columns(number: int, item: generate.Item, names: dict[str, str]) -> dict[str, Any]:
    terms = item["terms"]
    lists = {scheme: json.dumps(terms[scheme]) for scheme in ("topic", "stage", "audience")}
    return (
        plain_columns(number, item)
        | lists
        | {
            "issued_until": str(PartialDate.parse(item["issued"]).end),
            "doi": item["identifiers"][0]["value"],
            "authors": json.dumps([names[each["agent"]] for each in item["contributors"]]),
            "format": terms["format"][0],
        }
    )
