"""Documents in lists: what a reader needs to choose one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from markupsafe import Markup

from app.kit.json_types import JsonMapping
from app.pages.context import PageContext
from app.pages.dates import format_day, format_event
from app.pages.hyperlinks import PagePaths
from app.pages.view_models.document_view import LEADS
from app.pages.view_models.labels import kind_label
from app.search.index.snapshot import Snapshot
from app.search.text.highlighter import SearchedWords, highlight

EXCERPT: Final = 260
"""Characters of a summary."""
NAMES: Final = 4
"""People named; more are "and others"."""


@dataclass(frozen=True, slots=True)
class ResultItem:
    """`about` is text, or markup where words are marked in it."""

    title: str
    path: str | None
    language: str
    kind: str
    when: str
    people: str
    about: str | Markup


def load_items(context: PageContext, snapshot: Snapshot, ids: Sequence[int], words: str | None) -> list[ResultItem]:
    """In this order, with `words` marked where they are found."""
    searched = SearchedWords(snapshot.find(words).clauses if words else ())
    paths = context.paths
    return [_item(paths, snapshot, orjson.loads(body), searched) for body in context.index.bodies(snapshot, list(ids))]


def _item(paths: PagePaths, snapshot: Snapshot, document: JsonMapping, searched: SearchedWords) -> ResultItem:
    schema = snapshot.registry.schemas[document["kind"]]
    marked = highlight(schema.body(document), searched, schema.language_of(document), most=1) if searched else []
    about = next((document[name] for name in LEADS if document.get(name)), "")
    language = str(document.get("language", "en"))
    formats = document.get("terms", {}).get("format", ())
    return ResultItem(
        title=next(iter(schema.label(document)), document["slug"]),
        path=paths.path(document["url"]),
        language="" if language == "en" else language,
        kind=formats[0]["label"] if formats else kind_label(document["kind"]),
        when=format_event(document) or (format_day(document["issued"]) if document.get("issued") else ""),
        people=people_of(document),
        about=Markup(marked[0]) if marked else shorten(about),
    )


def people_of(document: JsonMapping) -> str:
    """The first of those who made it, by name."""
    names = [each["label"] for each in document.get("contributors", ()) if each["role"] != "publisher"]
    names = list(dict.fromkeys(names))
    return ", ".join(names[:NAMES]) + (" and others" if len(names) > NAMES else "")


def shorten(text: str, most: int = EXCERPT) -> str:
    """The beginning of a text, up to the end of a word."""
    if len(text) <= most:
        return text
    return f"{text[:most].rsplit(None, 1)[0].rstrip(',;:.')} …"
