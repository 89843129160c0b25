"""Import and export of subscribers as CSV: suppressed addresses are skipped, and the basis of consent is recorded."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.http.problems.validation_errors import errors_in_body
from app.kit.clock import rfc3339
from app.kit.errors import MAX_ERRORS, ErrorDetail, Invalid
from app.kit.json_types import JsonObject
from app.kit.spreadsheets import csv_row, unescape_formula
from app.kit.text.json_parser import JsonTextError, parse
from app.kit.values.email_addresses import parse_address
from app.mailing.consent import suppression
from app.mailing.consent.consent_log import ConsentStatement
from app.mailing.context import MailContext
from app.mailing.models import SubscriberRow, SubscriptionRow
from app.mailing.subscriptions.confirmation import activate
from app.mailing.subscriptions.saved_queries import read_queries
from app.mailing.subscriptions.schemas import SignUpIn
from app.mailing.subscriptions.signup import find_subscriber, new_subscriber, new_subscription, subscriptions_of
from app.mailing.subscriptions.unsubscribe import RUNNING
from app.search.index.snapshot import Snapshot

COLUMNS: Final = ("address", "presets", "query", "frequency", "language")
"""Only the first is required; presets are separated by semicolons, `query` is JSON as in a sign-up."""
EXPORT_COLUMNS: Final = ("address", "state", "query", "frequency", "language", "since")
"""Columns of exported tables. When such a table is imported, only active subscriptions are."""
BATCH: Final = 200
MAX_NAMED: Final = 100
"""Refused lines that are listed; any others are only counted."""


@dataclass(slots=True)
class ImportReport:
    """How many were imported, already present, or on the suppression list; and how many lines were refused, with the
    reasons of the first ones by line number."""

    imported: int = 0
    present: int = 0
    suppressed: int = 0
    refused_lines: int = 0
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        return (
            f"{self.imported} imported, {self.present} already subscribed, {self.suppressed} suppressed, "
            f"{self.refused_lines} refused"
        )

    def refuse(self, line: int, error: Exception) -> None:
        self.refused_lines += 1
        if len(self.refused) < MAX_NAMED:  # a reason takes longer to word than its line to read
            self.refused[line] = _reason(error)


@dataclass(frozen=True, slots=True)
class ImportedSubscriber:
    """A valid line of the table."""

    address: str
    queries: list[JsonObject]
    frequency: str
    language: str


def read_subscribers(
    context: MailContext, snapshot: Snapshot, text: str, report: ImportReport
) -> Iterator[ImportedSubscriber]:
    """The valid lines; the others go into the report. Raises Invalid if the table has unknown columns."""
    table = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        names = [name.strip() for name in table.fieldnames or ()]
        if "address" not in names or not set(names) <= {*COLUMNS, *EXPORT_COLUMNS}:
            raise Invalid(
                f"The table must have the column address, and may have {', '.join(COLUMNS[1:])}, but no others."
            )
        table.fieldnames = names
        for line in table:
            try:
                yield _parse_csv_row(context, snapshot, line)
            except (Invalid, ValueError) as error:
                report.refuse(table.line_num, error)
    except csv.Error:
        raise Invalid("The table is not CSV (RFC 4180).") from None


def _parse_csv_row(context: MailContext, snapshot: Snapshot, line: Mapping[Any, Any]) -> ImportedSubscriber:
    if None in line or None in line.values():
        raise ValueError("the number of cells differs from the number of columns")
    cells = {name: value.strip() for name, value in line.items()}
    if cells.get("state", "active") != "active":
        raise ValueError("only active subscriptions can be imported")
    given: dict[str, object] = {"address": unescape_formula(cells["address"])}
    given |= {name: cells[name] for name in ("frequency", "language") if cells.get(name)}
    given["presets"] = [part.strip() for part in cells.get("presets", "").split(";") if part.strip()]
    given["queries"] = [_without_order(parse(cells["query"].encode()))] if cells.get("query") else []
    read = SignUpIn.model_validate(given)
    queries = read_queries(snapshot, context.settings.presets, read.presets, read.queries)
    return ImportedSubscriber(read.address, queries, read.frequency, read.language)


def _without_order(query: Any) -> Any:
    return {name: value for name, value in query.items() if name != "sort"} if isinstance(query, dict) else query


def _reason(error: Exception) -> str:
    """Without the values of the line."""
    if isinstance(error, ValidationError):
        return "; ".join(map(_fault, errors_in_body(error)[:MAX_ERRORS]))
    if isinstance(error, Invalid):
        return "; ".join(map(_fault, error.errors))
    return "the query is not valid JSON" if isinstance(error, JsonTextError) else str(error)


def _fault(error: ErrorDetail) -> str:
    """Which column, and what is wrong with it."""
    column, message = (error.pointer or "").split("/")[1:2], error.message.rstrip(".")
    return f"{column[0]}: {message}" if column else message


def add_subscribers(
    context: MailContext,
    session: Session,
    people: Iterable[ImportedSubscriber],
    statement: ConsentStatement,
    basis: str,
    report: ImportReport,
    *,
    now: datetime,
) -> None:
    """Subscribe them without a confirmation mail: `basis` is the legal basis, stored with the proof of consent."""
    for person in people:
        address = parse_address(person.address)
        if suppression.is_suppressed(session, context.signing_keys, address.unique_key):
            report.suppressed += 1
            continue
        subscriber = find_subscriber(session, address.unique_key)
        subscriber = subscriber or new_subscriber(session, address, person.language, now=now)
        running = {each.query_digest for each in subscriptions_of(session, subscriber.id, *RUNNING)}
        made = [
            new_subscription(subscriber.id, query, person.frequency, person.language, now=now)
            for query in person.queries
        ]
        made = [each for each in made if each.query_digest not in running]
        session.add_all(made)
        session.flush()
        if made:
            activate(context, session, subscriber, made, statement, now=now, basis=basis)
        report.imported += bool(made)
        report.present += not made


def import_table(
    context: MailContext, snapshot: Snapshot, text: str, statement: ConsentStatement, basis: str, now: datetime
) -> ImportReport:
    """Import the whole table in transactions of a few hundred lines; repeating it leaves existing subscribers as they
    are."""
    report = ImportReport()
    people = read_subscribers(context, snapshot, text, report)
    while batch := list(islice(people, BATCH)):
        with context.sessions.write() as session:
            add_subscribers(context, session, batch, statement, basis, report, now=now)
    return report


def export_table(session: Session) -> Iterator[str]:
    """All subscribers, with one line for each subscription that has not ended, in pieces."""
    yield csv_row(EXPORT_COLUMNS)
    found = (
        select(SubscriberRow, SubscriptionRow)
        .join(SubscriptionRow, SubscriptionRow.subscriber_id == SubscriberRow.id)
        .where(SubscriptionRow.state != "ended")
        .order_by(SubscriberRow.id, SubscriptionRow.id)
    )
    for subscriber, row in session.execute(found.execution_options(yield_per=1000)):
        query = json.dumps(row.query, ensure_ascii=False)
        since = rfc3339(row.confirmed_at or row.created_at)
        yield csv_row((subscriber.address, row.state, query, row.frequency, row.language, since))
