"""Formatted citations of documents: kept for as long as nothing in the document changes, and made outside the event
loop, one at a time."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.exports.bibliography.citations import DEFAULT_LOCALE, DEFAULT_STYLE, LOCALES, STYLES, Markup, Style, cite
from app.exports.formats import Format
from app.kit.containers.lru_cache import LruByteCache
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail, repeated
from app.reading.content.projection import read_record
from app.reading.requests.result_window import ResultWindow
from app.reading.requests.urls import Pair
from app.search.index.live_index import Index
from app.search.index.snapshot import Snapshot
from app.search.query.condition_parser import ErrorLocation

MAX_CITED: Final = 50
"""Citations in one answer: each may be new, and takes some ten milliseconds then."""
MEMORY: Final = 16 * 2**20
OVERHEAD: Final = 300
"""Bytes that a kept citation takes beside its text, about."""
PARAMETERS: Final = ("style", "locale", "markup")
MARKUPS: Final[Mapping[str, Markup]] = {"text": "text", "html": "html"}
MEDIA_TYPES: Final[Mapping[Markup, str]] = {
    "text": "text/x-bibliography; charset=utf-8",
    "html": "text/html; charset=utf-8",
}

CitationKey = tuple[str, int, int, str, str, Markup]
"""Epoch, id and revision of a document, style, locale, markup."""


@dataclass(frozen=True)
class CitationOptions:
    """The parameters of citations."""

    style: Style = STYLES[DEFAULT_STYLE]
    locale: str = DEFAULT_LOCALE
    markup: Markup = "text"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.markup]


USUAL_OPTIONS: Final = CitationOptions()
"""Those of a request that says nothing of them."""


def take_citation_options(pairs: Sequence[Pair], chosen: Format) -> tuple[list[Pair], CitationOptions]:
    """The other parameters, and those of citations. Raises `BadQuery` for unknown values, and for parameters of
    citations where no citation is requested: nothing is ignored."""
    own = [pair for pair in pairs if pair[0] in PARAMETERS]
    if not own:
        return list(pairs), USUAL_OPTIONS
    errors = ErrorCollector()
    options = _parse_options(errors, own) if chosen.is_formatted else USUAL_OPTIONS
    if not chosen.is_formatted:
        for name, _ in own:
            errors.add(ErrorDetail("only-with-citation", "Requires `as=citation`.", parameter=name))
    errors.check()
    return [pair for pair in pairs if pair[0] not in PARAMETERS], options


def check_number(window: ResultWindow, location: ErrorLocation) -> None:
    """Raise `BadQuery` where a request is for more citations than the limit."""
    name, number = ("sample", window.sample) if window.sample else ("per_page", window.per_page)
    if number > MAX_CITED:
        message = f"At most {MAX_CITED} citations at a time."
        raise BadQuery(errors=[ErrorDetail("out-of-range", message, allowed=(), **location(name))])


def _parse_options(errors: ErrorCollector, pairs: Sequence[Pair]) -> CitationOptions:
    allowed: dict[str, Sequence[str]] = {"style": tuple(STYLES), "locale": LOCALES, "markup": tuple(MARKUPS)}
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            errors.add(repeated(name))
        elif value not in allowed[name]:
            errors.add(ErrorDetail("invalid-value", "Unknown value.", parameter=name, allowed=tuple(allowed[name])))
        else:
            given[name] = value
    return CitationOptions(
        STYLES[given.get("style", DEFAULT_STYLE)],
        given.get("locale", DEFAULT_LOCALE),
        MARKUPS[given.get("markup", "text")],
    )


def bibliography(texts: Sequence[str], options: CitationOptions) -> str:
    """Citations one below the other; in HTML with the classes that citeproc-js gives them."""
    if options.markup == "text":
        return "".join(f"{text}\n" for text in texts)
    entries = "".join(f'<div class="csl-entry">{text}</div>\n' for text in texts)
    return f'<div class="csl-bib-body">\n{entries}</div>\n'


def citation_headers(options: CitationOptions) -> dict[str, str]:
    """The language of the citations; in HTML also a policy by which nothing in them is loaded or run."""
    more = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"} if options.markup == "html" else {}
    return {"Content-Language": options.locale, **more}


class CitationResponse(Response):
    """A response whose citations are made in a thread."""

    def __init__(self, make: Callable[[], Sequence[str]], fields: dict[str, str], options: CitationOptions) -> None:
        super().__init__(headers=fields, media_type=options.media_type)
        self._make = make
        self._fields = fields | citation_headers(options)
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = bibliography(await asyncio.to_thread(self._make), self._options)
        await Response(text, 200, self._fields, self.media_type)(scope, receive, send)


class Citations:
    """For many threads: one citation is made at a time. `pages` is the base of pages of the project's own."""

    def __init__(self, index: Index, pages: str | None = None) -> None:
        self._index = index
        self._pages = pages
        self._kept: LruByteCache[CitationKey, str] = LruByteCache(MEMORY)
        self._guard = threading.Lock()

    def of(self, snapshot: Snapshot, ids: Sequence[int], options: CitationOptions) -> list[str]:
        """One for each document, in this order; they must be entries, at most `MAX_CITED`. Not for the event loop."""
        bodies = self._index.bodies(snapshot, list(ids))
        return [self._cite(snapshot, ident, body, options) for ident, body in zip(ids, bodies, strict=True)]

    def in_every_style(self, snapshot: Snapshot, ident: int, markup: Markup = "html") -> dict[str, str]:
        """The citation of an entry by the name of its style, in the order of `STYLES`. Not for the event loop."""
        requested = {name: CitationOptions(style, markup=markup) for name, style in STYLES.items()}
        return {name: self.of(snapshot, [ident], options)[0] for name, options in requested.items()}

    def _cite(self, snapshot: Snapshot, ident: int, body: bytes, options: CitationOptions) -> str:
        revision = snapshot.rows[ident].revision
        key = (snapshot.revision.epoch_text, ident, revision, options.style.name, options.locale, options.markup)
        with self._guard:
            text = self._kept.get(key)
            if text is None:
                text = cite(read_record(body, self._pages), options.style, options.locale, options.markup)
                self._kept.put(key, text, len(text.encode()) + OVERHEAD)
        return text
