"""Databases of generated catalogues, made once and kept under `var/bench/`."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from inspect import getsource
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, insert, text

from app.catalogue.agents import PERSON
from app.catalogue.kinds import publications
from app.catalogue.registry import BY_COLLECTION
from app.catalogue.terms import TERM_KIND
from app.db.engine import make_engine
from app.db.schema.migrations import MIGRATIONS, migrate
from app.db.sessions import Sessions
from app.kit.system.gc_tuning import raise_gc_thresholds
from app.staff.editing.writer import Change, save
from benchmarks import baseline, generate

ROOT = Path(__file__).parent.parent
VAR = ROOT / "var" / "bench"
SECRETS = VAR / "secrets"
"""Signing keys of all these databases: they come and go with them."""
BATCH = 1_000
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)

T = TypeVar("T")
Ids = dict[str, int]
Numbered = list[tuple[int, generate.Item]]


def baseline_database(count: int) -> Path:
    """The control's database of `count` publications."""
    made_from = (getsource(generate), getsource(baseline))
    return kept(f"baseline-{count}", made_from, lambda path: _fill_baseline(path, count))


def service_database(count: int) -> Path:
    """The service's own database of `count` publications, every one saved and published by its one writer."""
    schemas = (json.dumps(kind.output.model_json_schema()) for kind in (publications.KIND, PERSON, TERM_KIND))
    tables = (path.read_text() for path in sorted((MIGRATIONS / "versions").glob("*.py")))
    made_from = (getsource(generate), *schemas, *tables)
    return kept(f"service-{count}", made_from, lambda path: _fill_service(path, count))


def in_batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def kept(name: str, made_from: Iterable[str], make: Callable[[Path], None]) -> Path:
    """A file made from these very texts; a half-made one never gets the final name."""
    digest = hashlib.sha256("".join(made_from).encode()).hexdigest()
    path = VAR / f"{name}-{digest[:8]}.sqlite"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        for stale in VAR.glob(f"{unfinished.name}*"):
            stale.unlink()
        VAR.mkdir(parents=True, exist_ok=True)
        make(unfinished)
        unfinished.rename(path)
    return path


def _fill_service(path: Path, count: int) -> None:
    sessions = Sessions(make_engine(f"sqlite:///{path}"))
    migrate(sessions.engine)
    raise_gc_thresholds()
    for changes in in_batches(_changes(count)):
        with sessions.write() as session:
            save(session, changes, by="benchmark", now=MADE_AT)
    sessions.engine.dispose()


def vocabularies() -> Iterator[Change]:
    """Those of the generated catalogues, with their terms."""
    return (change for change in _changes_around(0) if change.kind is not PERSON)


def _changes_around(count: int) -> Iterator[Change]:
    """What `count` publications refer to."""
    schemes = {collection: scheme for scheme, (collection, _) in generate.SCHEMES.items()}
    for collection, items in generate.catalogue(count).items():
        kind = BY_COLLECTION.get(collection, TERM_KIND)
        of_scheme = {"scheme": schemes[collection]} if collection in schemes else {}
        yield from (Change(kind, kind.input.model_validate(of_scheme | item)) for item in items)


def _changes(count: int) -> Iterator[Change]:
    yield from _changes_around(count)
    kind = publications.KIND
    yield from (Change(kind, kind.input.model_validate(item)) for item in generate.publications(count))


def _fill_baseline(path: Path, count: int) -> None:
    engine = baseline.make_engine(str(path))
    baseline.Base.metadata.create_all(engine)
    with engine.begin() as connection:
        terms, people = _insert_terms(connection), _insert_people(connection, count)
        for batch in in_batches(enumerate(generate.publications(count), 1)):
            _insert_publications(connection, batch, terms, people)
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


def _insert_terms(connection: Connection) -> Ids:
    things = generate.catalogue(0)
    rows = [
        {"scheme": scheme, "slug": term["slug"], "label": term["label"]}
        for scheme, (collection, _) in generate.SCHEMES.items()
        for term in things[collection]
    ]
    connection.execute(insert(baseline.Term), rows)
    return {f"{row['scheme']}/{row['slug']}": number for number, row in enumerate(rows, 1)}


def _insert_people(connection: Connection, count: int) -> Ids:
    rows = [
        {
            "slug": person["slug"],
            "label": person["name"],
            "family": person["family"],
            "given": person["given"],
        }
        for person in generate.catalogue(count)["people"]
    ]
    connection.execute(insert(baseline.Person), rows)
    return {f"people/{row['slug']}": number for number, row in enumerate(rows, 1)}


def _insert_publications(connection: Connection, batch: Numbered, terms: Ids, people: Ids) -> None:
    connection.execute(insert(baseline.Publication), [plain_columns(number, item) for number, item in batch])
    connection.execute(
        insert(baseline.PublicationTerm),
        [
            {"publication_id": number, "term_id": terms[f"{scheme}/{slug}"]}
            for number, item in batch
            for scheme, slugs in item["terms"].items()
            for slug in slugs
        ],
    )
    connection.execute(
        insert(baseline.Contribution),
        [
            {
                "publication_id": number,
                "position": position,
                "person_id": people[each["agent"]],
                "role": each["role"],
            }
            for number, item in batch
            for position, each in enumerate(item["contributors"])
        ],
    )
    connection.execute(
        insert(baseline.Identifier),
        [{"publication_id": number} | each for number, item in batch for each in item["identifiers"]],
    )


def plain_columns(number: int, item: generate.Item) -> dict[str, Any]:
    """What of a publication has one value, as the controls store it."""
    plain = ("slug", "title", "summary", "language", "issued", "venue", "volume", "pages")
    return {field: item[field] for field in plain} | {
        "id": number,
        "issued_on": item["issued"] + "-00-00"[len(item["issued"]) - 4 :],
        "licence": item.get("licence"),
        "landing_page": item["resources"][0]["url"],
    }
