"""Seeding: YAML files into the catalogue, through the same models and the same writer as a staff edit."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from yaml.constructor import SafeConstructor
from yaml.reader import ReaderError

from app.catalogue.entries import Status
from app.catalogue.kind import Kind
from app.catalogue.registry import BY_COLLECTION, BY_NAME
from app.catalogue.revisions import RevisionRow, last_revisions
from app.catalogue.schema import Schema
from app.catalogue.subjects import SubjectRow
from app.catalogue.terms import SchemeIn, SchemeRow
from app.kit.errors import AppError, ErrorDetail
from app.kit.json_types import JsonMapping, JsonObject
from app.kit.values.uuids import named_uuid
from app.mailing.campaigns.announcements import create_first_draft
from app.staff.editing.writer import Change, acquire_write_lock, find, save
from app.webhooks.management import create_first_webhook

SEEDER = "seeder"
"""The actor under whose name seeding writes; what anybody else changed last is kept."""
MIGRATION = "migration"
"""The actor under whose name migrations write. It is no person: what migrations rename is still the seeder's."""


@dataclass(frozen=True)
class SourceLocation:
    """Where an item stands: for messages that a person can act on."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class SeedItem:
    kind: Kind
    data: Schema
    location: SourceLocation
    scheme: str | None = None
    draft: bool = False

    @property
    def slug(self) -> str:
        return str(self.data.slug)  # type: ignore[attr-defined]  # every input has one

    @property
    def name(self) -> str:
        return f"{self.scheme or self.kind.collection}/{self.slug}"

    @property
    def uuid(self) -> str:
        """The same wherever it is seeded."""
        return named_uuid(self.kind.name, self.scheme or "", self.slug)


@dataclass
class SeedReport:
    """What seeding did or, in a dry run, would do: names under created, updated, unchanged, kept, withdrawn."""

    outcomes: dict[str, list[str]] = field(default_factory=dict)

    def note(self, outcome: str, name: str) -> None:
        self.outcomes.setdefault(outcome, []).append(name)

    def counts(self) -> Counter[str]:
        return Counter({outcome: len(names) for outcome, names in self.outcomes.items()})


class SeedError(Exception):
    """A folder of seeds that was refused whole; `problems` are lines of `file:line: reason`."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


def seed(session: Session, folder: Path, *, now: datetime, dry_run: bool = False) -> SeedReport:
    """Create what is missing and update what the seeder changed last; all or nothing. Raises `SeedError`.

    A dry run does the same and takes it back, so it refuses what a real run would refuse.
    """
    acquire_write_lock(session, 0)  # what is decided below must still be so when it is written
    items = read(session, folder)
    report = SeedReport()
    names = {item.name for item in items}
    changes = [(item, change) for item in items if (change := _plan_change(session, item, names, report))]
    if changes:
        attempt = session.begin_nested()
        try:
            save(session, [change for _, change in changes], by=SEEDER, now=now)
        except AppError as error:
            raise SeedError([_describe_error(detail, changes, error) for detail in error.errors or (None,)]) from error
        if dry_run:
            attempt.rollback()
        else:
            attempt.commit()
    if not dry_run:
        create_first_draft(session, by=SEEDER, now=now)
        create_first_webhook(session, by=SEEDER, now=now)
    return report


def _describe_error(detail: ErrorDetail | None, changes: Sequence[tuple[SeedItem, Change]], error: AppError) -> str:
    if detail is None or not detail.pointer:
        return str(error)
    first, _, rest = detail.pointer.lstrip("/").partition("/")
    if len(changes) == 1:
        item, rest = changes[0][0], detail.pointer.lstrip("/")
    else:
        item = changes[int(first)][0]
    hint = f" Perhaps {' or '.join(detail.allowed)}?" if detail.allowed else ""
    return f"{item.location}: {item.name}: /{rest}: {detail.message}{hint}"


def _plan_change(session: Session, item: SeedItem, names: Container[str], report: SeedReport) -> Change | None:
    """What to do about one item: the seeder never undoes anybody else's work."""
    slug = item.slug
    row: Any = find(session, item.kind, slug, scheme=item.scheme) or _renamed(session, item, slug)
    was_deleted = row is None and _deleted(session, item, slug)
    former = _named_before(session, item, names) if row is None and not was_deleted else None
    if former is not None:
        row = session.get(item.kind.row, former)
    if row is None and (was_deleted or former is not None):
        report.note("kept", item.name)
        return None
    if row is None:
        report.note("created", item.name)
        return Change(item.kind, item.data, as_draft=item.draft, uuid=item.uuid)
    last = last_revisions(session, item.kind.name, [row.id]).get(row.id)
    requested = item.data.model_dump(mode="json")
    if item.kind.is_entry and row.status == Status.withdrawn:
        report.note("withdrawn", item.name)
    elif last is not None and last.data == requested and not _should_publish(item, row, last):
        report.note("unchanged", item.name)
    elif last is not None and _is_of_others(session, last):
        report.note("kept", item.name)
    else:
        report.note("updated", item.name)
        return Change(item.kind, item.data, row, as_draft=item.draft)
    return None


def _should_publish(item: SeedItem, row: Any, last: RevisionRow) -> bool:
    """Whether the seeder made it as a draft, and the file no longer says so."""
    return item.kind.is_entry and row.status == Status.draft and not item.draft and last.actor == SEEDER


def _is_of_others(session: Session, last: RevisionRow) -> bool:
    if last.actor == MIGRATION:
        of_it = RevisionRow.kind == last.kind, RevisionRow.source == last.source, RevisionRow.actor != MIGRATION
        newest = select(RevisionRow.actor).where(*of_it, RevisionRow.pending.is_(False))
        return session.scalar(newest.order_by(RevisionRow.number.desc()).limit(1)) != SEEDER
    return last.actor != SEEDER


def _named_before(session: Session, item: SeedItem, names: Container[str]) -> int | None:
    """What the seeder made of the same item under a slug that no file has any more, there or deleted: of it the file
    gives a new name, and asks for no second one."""
    requested = item.data.model_dump(mode="json", exclude={"slug"})
    by_seeder = RevisionRow.kind == item.kind.name, RevisionRow.actor == SEEDER, RevisionRow.data.is_not(None)
    made = session.execute(select(RevisionRow.source, RevisionRow.data).where(*by_seeder).order_by(RevisionRow.number))
    for source, held in made:
        data = held or {}
        name = f"{item.scheme or item.kind.collection}/{data['slug']}"
        if name not in names and {key: value for key, value in data.items() if key != "slug"} == requested:
            return int(source)
    return None


def _deleted(session: Session, item: SeedItem, slug: str) -> bool:
    """Whether the item with this slug was deleted by staff: it must not be created again."""
    named = RevisionRow.kind == item.kind.name, RevisionRow.slug == slug, RevisionRow.action == "delete"
    return session.scalar(select(RevisionRow.number).where(*named).limit(1)) is not None


def _renamed(session: Session, item: SeedItem, slug: str) -> Any:
    """What had this name when it was written, and was given another since: it must not be made a second time."""
    sources = session.scalars(
        select(RevisionRow.source)
        .where(RevisionRow.kind == item.kind.name, RevisionRow.slug == slug)
        .group_by(RevisionRow.source)
        .order_by(func.max(RevisionRow.number).desc())
    )
    rows = (session.get(item.kind.row, source) for source in sources)
    return next((row for row in rows if row is not None and _scheme(item.kind, row) == item.scheme), None)


def _scheme(kind: Kind, row: SubjectRow) -> str | None:
    return kind.parent_of(row).slug if kind.parent is not None else None


# --- reading


def read(session: Session, folder: Path) -> list[SeedItem]:
    """Every item of every file, vocabularies first; raises `SeedError` with all that is wrong."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise SeedError([f"{folder}: there are no YAML files in this folder"])
    problems: list[str] = []
    loaded = [(path, _load(path, problems)) for path in files]
    if problems:
        raise SeedError(problems)
    schemes = {row.collection: row.slug for row in session.scalars(select(SchemeRow))}
    for _, content in loaded:
        if content["collection"] == "vocabularies":
            named = [(item.get("collection"), item.get("slug")) for item in content["items"]]
            schemes |= {
                location: slug for location, slug in named if isinstance(location, str) and isinstance(slug, str)
            }
    items = [item for path, content in loaded for item in _items(path, content, schemes, problems)]
    _check_duplicates(items, problems)
    if problems:
        raise SeedError(problems)
    return sorted(items, key=lambda item: item.kind is not BY_NAME["vocabulary"])


class _Constructor(SafeConstructor):
    """Remembers the line of every mapping, and refuses a key written twice."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as error:  # a date that no calendar has
            raise yaml.MarkedYAMLError(problem=str(error), problem_mark=node.start_mark) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        mapping: dict[object, object] = super().construct_mapping(node, deep=deep)
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem="a key occurs twice", problem_mark=key.start_mark)
            seen.add(key.value)
        mapping["__line__"] = node.start_mark.line + 1
        return mapping


class _Loader(_Constructor, yaml.SafeLoader):
    """In Python: what it says of a mistake is the same everywhere."""


if yaml.__with_libyaml__:

    class _QuickLoader(_Constructor, yaml.CSafeLoader):
        """In C, ten times as fast."""


def _parse(text: str) -> Any:
    if yaml.__with_libyaml__:
        with suppress(yaml.YAMLError):
            return yaml.load(text, Loader=_QuickLoader)
    return yaml.load(text, Loader=_Loader)


def _load(path: Path, problems: list[str]) -> JsonObject:
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        content = _parse(text)
    except UnicodeDecodeError:
        problems.append(f"{path.name}:1: the file is not UTF-8")
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problems.append(f"{path.name}:{line}: {error.reason}")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.append(f"{path.name}:{line}: {error.problem}")
    except (yaml.YAMLError, OSError) as error:
        problems.append(f"{path.name}:1: {' '.join(str(error).split())}")
    else:
        if _well_formed(content):
            return {"collection": content["collection"], "items": content["items"]}
        problems.append(f"{path.name}:1: must have `collection:` and a list of `items:`")
    return {"collection": "", "items": []}


def _well_formed(content: object) -> bool:
    return (
        isinstance(content, dict)
        and content.keys() == {"collection", "items", "__line__"}
        and isinstance(content["collection"], str)
        and isinstance(content["items"], list)
        and all(isinstance(item, dict) for item in content["items"])
    )


def _items(path: Path, content: JsonMapping, schemes: Mapping[str, str], problems: list[str]) -> list[SeedItem]:
    collection = content["collection"]
    scheme = schemes.get(collection)
    kind = BY_COLLECTION.get(collection) or (BY_NAME["term"] if scheme else None)
    if kind is None:
        known = ", ".join(sorted([*BY_COLLECTION, *schemes]))
        problems.append(f"{path.name}:1: there is no collection of this name; known are {known}")
        return []
    items = []
    for given in content["items"]:
        location = SourceLocation(path.name, given["__line__"])
        values = _without_lines(given) | ({"scheme": scheme} if kind.name == "term" else {})
        draft = kind.is_entry and values.get("draft") is True
        if draft:
            del values["draft"]
        try:
            items.append(SeedItem(kind, kind.input.model_validate(values), location, scheme, draft))
        except ValidationError as error:
            problems += [
                f"{location}: /{'/'.join(map(str, detail['loc']))}: {detail['msg']}"
                for detail in error.errors(include_input=False, include_url=False)
            ]
    return items


def _without_lines(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_lines(inner) for key, inner in value.items() if key != "__line__"}
    return [_without_lines(inner) for inner in value] if isinstance(value, list) else value


def _check_duplicates(items: Sequence[SeedItem], problems: list[str]) -> None:
    seen: dict[str, SourceLocation] = {}
    for item in items:
        names = [item.name]
        if isinstance(item.data, SchemeIn):
            names.append(f"the collection {item.data.collection}")
        for name in names:
            if name in seen:
                problems.append(f"{item.location}: {name} is a duplicate (first at {seen[name]})")
            seen.setdefault(name, item.location)
