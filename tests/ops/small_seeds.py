"""A folder of seeds as small as one can be, and what a database holds after it."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.db.base import Base
from app.db.engine import make_engine
from app.db.sessions import Sessions

FILES = {
    "formats.yaml": """\
collection: formats
items:
  - {slug: article, label: Article}
  - {slug: book, label: Book}
""",
    "people.yaml": """\
collection: people
items:
  - slug: ada-lovelace
    name: Ada Lovelace
    family: Lovelace
    given: Ada
""",
    "publications.yaml": """\
collection: publications
items:
  - slug: notes
    title: Notes
    summary: Notes on an engine.
    issued: "1843"
    terms: {format: [article]}
    contributors:
      - {agent: people/ada-lovelace, role: author}
    identifiers:
      - {scheme: doi, value: 10.1000/notes}
  - slug: sketch
    title: Sketch
    terms: {format: [book]}
    relations:
      - {type: References, target: publications/notes}
""",
    "vocabularies.yaml": """\
collection: vocabularies
items:
  - {slug: format, collection: formats, label: Formats, single: true, required: true}
""",
}
ALL_NAMES = {
    "vocabularies/format",
    "format/article",
    "format/book",
    "people/ada-lovelace",
    "publications/notes",
    "publications/sketch",
}


def edit(folder: Path, file: str, before: str, after: str) -> None:
    """Replace the one place that says `before`."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")


def contents_at(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """The same of the database at an address."""
    engine = make_engine(url)
    found = contents(Sessions(engine))
    engine.dispose()
    return found


def contents(sessions: Sessions) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with sessions.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }
