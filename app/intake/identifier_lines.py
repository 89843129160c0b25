"""A text of identifiers, one per line: DOIs, ISBNs and URLs become records of entries that have them, or of
themselves."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import orjson
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow
from app.catalogue.identifiers import IdentifierRow
from app.catalogue.parts.resources import ResourceRow
from app.kit.errors import ErrorDetail, Invalid
from app.kit.values.identifiers import normalise

MAX_LINE_LENGTH: Final = 2_000
"""Bytes of one line, with all that may stand around it."""
MAX_LINES: Final = 100
SCHEMES: Final[tuple[Literal["doi", "isbn", "url"], ...]] = ("doi", "isbn", "url")
"""In the order in which a line is read: the address of a DOI is a DOI."""


class ParsedIdentifier(NamedTuple):
    """`value` in its canonical form; `text` as it was written."""

    scheme: Literal["doi", "isbn", "url"]
    value: str
    text: str


def find_identifiers(text: bytes) -> list[ParsedIdentifier]:
    """The identifiers, in any spelling, of a text that consists of them, one per line; none if it contains anything
    else. Raises Invalid if there are more than can be read at once."""
    if len(text) > MAX_LINE_LENGTH * MAX_LINES:
        return []
    try:
        lines = [line.strip() for line in text.decode().splitlines() if line.strip()]
    except UnicodeDecodeError:
        return []
    found: dict[tuple[str, str], ParsedIdentifier] = {}
    for line in lines:
        if (identifier := _read(line)) is None:
            return []
        found.setdefault(identifier[:2], identifier)
    if len(found) > MAX_LINES:
        raise Invalid(errors=[ErrorDetail("too-many", f"At most {MAX_LINES} identifiers are read at once.")])
    return [*found.values()]


def _read(line: str) -> ParsedIdentifier | None:
    for scheme in SCHEMES:
        try:
            return ParsedIdentifier(scheme, normalise(scheme, line), line)
        except ValueError:
            continue
    return None


def known_records(session: Session, identifiers: Sequence[ParsedIdentifier]) -> dict[ParsedIdentifier, bytes]:
    """A record of each that an entry has already: it need not be looked up."""
    found: dict[ParsedIdentifier, bytes] = {}
    for scheme in SCHEMES:
        own = {each.value: each for each in identifiers if each.scheme == scheme}
        for statement in _holders(scheme, [*own]) if own else ():
            found |= {own[value]: record_of(own[value], title) for value, title in session.execute(statement)}
    return found


def _holders(scheme: str, values: Sequence[str]) -> list[Select[str, str]]:
    """Who has these: by an identifier, or web addresses by a link."""
    held = IdentifierRow.scheme == scheme, IdentifierRow.value.in_(values)
    statements = [select(IdentifierRow.value, EntryRow.title).join(EntryRow).where(*held)]
    if scheme == "url":
        statements.append(select(ResourceRow.url, EntryRow.title).join(EntryRow).where(ResourceRow.url.in_(values)))
    return statements


def record_of(identifier: ParsedIdentifier, title: str | None = None) -> bytes:
    """What is known of it, as CSL-JSON: the identifier is its title until it gets one."""
    match identifier.scheme:
        case "isbn":
            values = {"type": "book", "title": title or f"ISBN {identifier.value}", "ISBN": identifier.value}
        case "url":
            name = identifier.value.partition("://")[2]
            values = {"type": "webpage", "title": title or f"Web page {name}", "URL": identifier.value}
        case _:
            values = {"type": "document", "title": title or f"DOI {identifier.value}", "DOI": identifier.value}
    return orjson.dumps(values)
