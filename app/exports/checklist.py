"""Checklists to print and to tick: the parts of something, with the questions of each, as HTML, Markdown and CSV."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import Final

from app.exports.context import ExportContext
from app.kit.spreadsheets import csv_row

COLUMNS: Final = ("title", "url", "part", "type", "question", "done")
BOX: Final = "\u2610"
_SIGNS: Final = re.compile(r"([\\`*_\[\]<>#|~&])|^(\s*)([-+]|\d+[.)])(?=\s)", re.MULTILINE)
"""What Markdown (CommonMark) may take for markup."""


@dataclass(frozen=True, slots=True)
class ChecklistPart:
    """`questions` are ticked; where there are none, the part itself is."""

    title: str
    type: str
    description: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checklist:
    """`about` is a sentence on what it is for. All texts are plain."""

    title: str
    page_url: str
    about: str
    parts: tuple[ChecklistPart, ...]

    def with_pages(self, move: Callable[[str], str]) -> "Checklist":
        """With its page on another site."""
        return replace(self, page_url=move(self.page_url))


def html_pieces(checklists: Iterable[Checklist], context: ExportContext) -> Iterator[str]:
    """One page without anything that is loaded or run, so that it looks the same wherever it is kept."""
    head = '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
    yield f"{head}<title>{escape(context.title)}</title>\n</head>\n<body>\n"
    for each in checklists:
        yield f"<h1>{escape(each.title)}</h1>\n{_paragraph(each.about)}"
        for part in each.parts:
            yield f"<h2>{escape(part.title)}</h2>\n{_paragraph(part.description)}"
            yield "".join(_paragraph(f"{BOX} {line}") for line in part.questions or (part.title,))
        yield f'<p><a href="{escape(each.page_url)}">{escape(each.page_url)}</a></p>\n'
    yield "</body>\n</html>\n"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>\n" if text else ""


def markdown_pieces(checklists: Iterable[Checklist], _: ExportContext) -> Iterator[str]:
    """Task lists as GitHub Flavored Markdown has them; elsewhere they are lists that begin with brackets."""
    for each in checklists:
        yield "".join(f"{block}\n\n" for block in (f"# {_plain(each.title)}", _plain(each.about)) if block)
        for part in each.parts:
            yield "".join(f"{block}\n\n" for block in (f"## {_plain(part.title)}", _plain(part.description)) if block)
            yield "".join(f"- [ ] {_plain(line)}\n" for line in part.questions or (part.title,)) + "\n"
        yield f"<{each.page_url}>\n\n"


def _plain(text: str) -> str:
    """The text on one line, with nothing in it that is markup."""
    return _SIGNS.sub(lambda found: f"\\{found[1]}" if found[1] else _escaped_marker(found[3]), " ".join(text.split()))


def _escaped_marker(marker: str) -> str:
    """The mark of a list item, as text."""
    return f"{marker[:-1]}\\{marker[-1]}"


def csv_pieces(checklists: Iterable[Checklist], _: ExportContext) -> Iterator[str]:
    """A row for each box, with an empty column to fill in."""
    yield csv_row(COLUMNS)
    for each in checklists:
        for part in each.parts:
            for line in part.questions or ("",):
                yield csv_row((each.title, each.page_url, part.title, part.type, line, ""))
