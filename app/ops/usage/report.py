"""What was counted, added up: lines for a report, and what everybody may see."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import orjson
from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.orm import Session

from app.catalogue.registry import SEARCH_SCHEMAS
from app.db.sessions import Sessions
from app.documents.store import DocumentRow
from app.kit.containers.chunks import chunks
from app.kit.spreadsheets import csv_row
from app.ops.usage.models import UsageRow

MONTHS: Final = 12
MOST_USED: Final = 20
COLUMNS: Final = ("period", "use", "type", "slug", "title", "detail", "people", "robots")
_LABELS: Final = {schema.kind: schema.label for schema in SEARCH_SCHEMAS}


class Per(StrEnum):
    """The period that one line covers."""

    day = "day"
    month = "month"
    year = "year"
    all = "all"


_LENGTHS: Final = {Per.day: 10, Per.month: 7, Per.year: 4}
"""Characters of a day that name the period."""


@dataclass(frozen=True, slots=True)
class UsedDocument:
    """A document as a report names it; of what is no longer published, only where it was."""

    collection: str = ""
    slug: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class UsageLine:
    """`detail` is a format, the host of a link, or words that were searched for."""

    period: str
    use: str
    document: str
    used: UsedDocument
    detail: str
    people: int
    robots: int

    def cells(self) -> Iterator[str]:
        yield from (self.period, self.use, self.used.collection, self.used.slug, self.used.title, self.detail)
        yield from (str(self.people), str(self.robots))


@dataclass(frozen=True, slots=True)
class UsageFilter:
    """`since` and `until` are days, both included."""

    since: str
    until: str
    per: Per = Per.month
    use: str | None = None
    document: str | None = None


def usage_statement(wanted: UsageFilter) -> Select[str, str, str, str, int, int]:
    period = _period(wanted.per)
    periods = () if wanted.per is Per.all else (period,)  # PostgreSQL groups and orders by no constant
    keys = (UsageRow.use, UsageRow.document, UsageRow.detail)
    people = func.sum(UsageRow.people).label("people")
    statement = (
        select(period, *keys, people, func.sum(UsageRow.robots).label("robots"))
        .where(UsageRow.day >= wanted.since, UsageRow.day <= wanted.until)
        .group_by(*periods, *keys)
        .order_by(*periods, UsageRow.use, people.desc(), UsageRow.document, UsageRow.detail)
    )
    if wanted.use is not None:
        statement = statement.where(UsageRow.use == wanted.use)
    if wanted.document is not None:
        statement = statement.where(UsageRow.document == wanted.document)
    return statement


def _period(per: Per) -> ColumnElement[str]:
    if per is Per.all:
        return literal("all", literal_execute=True).label("period")
    return func.substr(UsageRow.day, 1, _LENGTHS[per]).label("period")


def usage_lines(session: Session, statement: Select[str, str, str, str, int, int]) -> list[UsageLine]:
    rows = session.execute(statement).all()
    used = used_documents(session, {row.document for row in rows if row.document})
    return [
        UsageLine(
            row.period,
            row.use,
            row.document,
            used.get(row.document, UsedDocument()),
            row.detail,
            row.people,
            row.robots,
        )
        for row in rows
    ]


def used_documents(session: Session, ids: Iterable[str]) -> dict[str, UsedDocument]:
    """By their ids."""
    found: dict[str, UsedDocument] = {}
    for some in chunks(sorted(ids)):
        for row in session.scalars(select(DocumentRow).where(DocumentRow.uuid.in_(some))):
            document = orjson.loads(row.body)
            label = next(iter(_LABELS[row.kind](document)), "") if row.state == "live" and row.kind in _LABELS else ""
            found[str(row.uuid)] = UsedDocument(row.collection, row.slug, label)
    return found


def usage_csv(lines: Iterable[UsageLine]) -> Iterator[str]:
    yield csv_row(COLUMNS)
    for line in lines:
        yield csv_row(line.cells())


@dataclass(frozen=True, slots=True)
class MonthlyUse:
    """By people alone; `uses` are numbers by use."""

    month: str
    uses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DocumentUse:
    id: str
    used: UsedDocument
    uses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PublicSummary:
    """Of the last twelve months, the present one included."""

    months: Sequence[MonthlyUse]
    documents: Sequence[DocumentUse]


SHOWN: Final = ("view", "download", "link", "api")
"""Uses that everybody may see; what was searched for is for staff."""


def public_summary(sessions: Sessions, now: datetime) -> PublicSummary:
    first = _months_before(now, MONTHS - 1)
    month = func.substr(UsageRow.day, 1, 7)
    counted = (UsageRow.day >= f"{first}-01", UsageRow.use.in_(SHOWN))
    people = func.sum(UsageRow.people)
    with sessions.read_one_state() as session:
        monthly = select(month, UsageRow.use, people).where(*counted).group_by(month, UsageRow.use).order_by(month)
        months: dict[str, dict[str, int]] = {}
        for name, use, number in session.execute(monthly):
            months.setdefault(name, {})[use] = number
        most = (
            select(UsageRow.document)
            .where(*counted, UsageRow.document != "", UsageRow.people > 0)
            .group_by(UsageRow.document)
            .order_by(people.desc(), UsageRow.document)
            .limit(MOST_USED)
        )
        ids = session.scalars(most).all()
        parts = select(UsageRow.document, UsageRow.use, people).where(*counted, UsageRow.document.in_(ids))
        by_document: dict[str, dict[str, int]] = {each: {} for each in ids}
        for document, use, number in session.execute(parts.group_by(UsageRow.document, UsageRow.use)):
            by_document[document][use] = number
        used = used_documents(session, ids)
    return PublicSummary(
        [MonthlyUse(name, uses) for name, uses in months.items()],
        [DocumentUse(each, used[each], uses) for each, uses in by_document.items() if each in used],
    )


def _months_before(now: datetime, number: int) -> str:
    months = now.year * 12 + now.month - 1 - number
    return f"{months // 12:04d}-{months % 12 + 1:02d}"
