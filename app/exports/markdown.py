"""Markdown (CommonMark): for notes, newsletters and language models."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from app.exports.context import ExportContext
from app.exports.record import Record
from app.kit.text.characters import single_line

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_AT_THE_START: Final = re.compile(r"^(\d*)([-+=.)])(?=\s|$)")
"""Of lists and headings."""


def pieces(records: Iterable[Record], context: ExportContext) -> Iterator[str]:
    """A single thing under its title, with its long text; a list with a heading for each."""
    if not context.is_single:
        yield f"# {_plain(context.title)}\n"
    for record in records:
        yield "".join(_section(record, single=context.is_single))


def full_pieces(records: Iterable[Record], context: ExportContext) -> Iterator[str]:
    """Everything under one title: of each record what a single thing has, its long text too."""
    yield f"# {_plain(context.title)}\n\n{context.url}\n"
    for record in records:
        yield "".join(_section(record, single=False, whole=True))


def _section(record: Record, *, single: bool, whole: bool = False) -> Iterator[str]:
    title = _plain(record.title)
    yield f"# {title}\n" if single else f"\n## [{title}]({_target(record.page_url or record.url or '')})\n"
    if facts := " · ".join(part for part in _facts(record) if part):
        yield f"\n{facts}\n"
    if record.abstract:
        yield f"\n{_paragraphs(record.abstract)}\n"
    if (single or whole) and record.body:
        yield f"\n{record.body.strip()}\n"
    lines = [f"- {label}: {value}" for label, value in _details(record) if value]
    if lines:
        yield "\n" + "\n".join(lines) + "\n"


def _facts(record: Record) -> Iterator[str]:
    yield ", ".join(_plain(name.spoken) for name in record.names)
    date = record.issued or record.event_date
    yield date.text if date else ""
    yield _plain(record.format or "")
    yield f"*{_plain(record.container_title)}*" if record.container_title else ""


def _details(record: Record) -> Iterator[tuple[str, str]]:
    yield "Link", f"<{_target(record.url)}>" if record.url else ""
    yield "Keywords", _plain(", ".join(record.keywords))
    yield "Place", _plain(record.event_place or record.nation or "")
    yield "Licence", _plain(record.licence_id or record.licence_url or "")
    for each in record.related:
        yield each.relation, f"[{_plain(each.label)}]({_target(each.page_url)})"


def _plain(text: str) -> str:
    """One line of text in which nothing is markup."""
    return _AT_THE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", single_line(text)))


def _paragraphs(text: str) -> str:
    return "\n\n".join(_plain(part) for part in re.split(r"\n\s*\n", text))


def _target(url: str) -> str:
    """An address that ends where it should (sections 6.3 and 6.5)."""
    return re.sub(r"[\s<>()\\]", lambda found: f"%{ord(found[0]):02X}", url)
