"""JSON that is kept compressed in SQLite, where a table has many long values of one shape.

PostgreSQL compresses long values itself. SQLite finds in its triggers what is in such a value by a function of ours
(`SQLITE_FUNCTION`), which every connection of the service has; other tools see bytes.
"""

import json
import zlib
from collections.abc import Callable
from typing import Any, Final

import orjson
from sqlalchemy import JSON
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

SQLITE_FUNCTION: Final = "uncompressed_json"
DICTIONARY: Final = (
    b'{"scheme":"topic","slug":"","label":"","definition":null,"alternative_labels":[],"hidden_labels":[],"broader":'
    b'null,"related":[],"replaced_by":null,"position":null,"exact_match":[],"sources":["Compiled"]}'
    b'{"slug":"","name":"","alternative_names":[],"hidden_names":[],"description":"","identifiers":[{"scheme":"ror",'
    b'"value":"https://ror.org/"},{"scheme":"orcid","value":"https://orcid.org/0000-000"}],"sources":[],"family":"",'
    b'"given":"","affiliations":[]}'
    b'"introduction":"","sections":[{"slug":"","heading":"","text":"","entries":[{"entry":"","line":null}],"query":'
    b'null,"limit":20}]"acronym":null,"purpose":"","basis":"","elements":[{"label":"","nation":"England",'
    b'"organisation_kind":null,"fieldwork_start":null,"fieldwork_end":null,"methods":[],"learning":null}'
    b'"event_type":null,"start":"2026-","end":"2026-","place":null,"online":null}'
    b". This . In these which their people about between through have been with that from were for is on as to in "
    b"the of and a . It is an . We are , or by the , and the of the in the to the for the on the "
    b'{"agent":"organisations/","role":"publisher"},{"agent":"people/","role":"editor"},{"scheme":"doi","value":"10.1"}'
    b'{"type":"full_text","url":"https://www.","label":"PDF","archived_url":null}{"relation":"","target":"publications/"}'
    b'"language":"cy","issued":"2022-09-","licence":"CC-BY-NC-ND-4.0","access":"open","access_source":"https://'
    b'{"slug":"","title":"","alternative_titles":[],"summary":"","body":"","language":"en","issued":"2022","licence":'
    b'null,"access":"unknown","access_source":null,"picture":null,"terms":{"topic":[""],"stage":[""],"format":[""],'
    b'"audience":[""]},"contributors":[{"agent":"people/","role":"author"}],"identifiers":[],"resources":[{"type":'
    b'"landing_page","url":"https://www.","label":null,"archived_url":null}],"relations":[],"funding":[],"sources":[""],'
    b'"venue":null,"issn":null,"volume":null,"issue":null,"pages":null,"article_number":null,"publisher":null,'
    b'"edition":null,"cover_date":null,"duration":null}'
)
"""What values have in common. What was compressed with it can be read with it alone: it never changes, whatever
members come and go."""


class CompressedJson(TypeDecorator[Any]):
    """JSON; in SQLite as bytes of zlib (RFC 1950), or as the text that another tool wrote."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)
        return lambda value: None if value is None else compress(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return lambda value: None if value is None else orjson.loads(uncompressed(value))


def compress(value: object) -> bytes:
    """Members keep their order."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    compressor = zlib.compressobj(zdict=DICTIONARY)
    return compressor.compress(text.encode()) + compressor.flush()


def uncompressed(stored: bytes | str) -> str:
    """The JSON text of what is stored. Raises `zlib.error` where it is damaged."""
    if isinstance(stored, str):
        return stored
    decompressor = zlib.decompressobj(zdict=DICTIONARY)
    text = decompressor.decompress(stored)
    if not decompressor.eof:
        raise zlib.error("the value is cut off")
    return text.decode()


def uncompressed_in_sql(stored: bytes | str | None) -> str | None:
    return None if stored is None else uncompressed(stored)
