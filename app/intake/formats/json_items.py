"""Objects of a JSON text one by one, without the whole in memory: an array of them, a single one, or one per line."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

import orjson

from app.intake.formats.encodings import LEGACY, blocks, decoded
from app.intake.records.parsed_record import MAX_RECORD_LENGTH, ParsedRecord, RejectedRecord
from app.kit.json_types import JsonMapping, JsonObject
from app.kit.text.json_parser import MAX_DEPTH

_MARK: Final = re.compile(rb'["\\{}]')
_STRING_END: Final = re.compile(rb'["\\]')
EMPTY: Final[tuple[object, ...]] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class JsonItem:
    """An object and the line it begins in; `legacy` where it was no UTF-8."""

    line: int
    value: JsonObject
    legacy: bool = False


@dataclass
class _Scan:
    """Where the scanner is: inside how many braces, inside a string or not, and what it has kept."""

    line: int = 1
    begun: int = 0
    depth: int = 0
    in_string: bool = False
    escaped: bool = False
    kept: bytearray | None = None


def read_items(stream: BinaryIO) -> Iterator[JsonItem | RejectedRecord]:
    """Every outermost object; what is between them (brackets, commas) is not looked at."""
    scan = _Scan()
    seen = False
    for block in blocks(stream):
        for line, raw in _objects(scan, block):
            seen = True
            yield _loaded(line, raw)
        if scan.kept is not None and len(scan.kept) > MAX_RECORD_LENGTH:
            yield RejectedRecord(scan.begun, f"The object is longer than {MAX_RECORD_LENGTH} bytes; reading ends here.")
            return
    if scan.depth:
        yield RejectedRecord(scan.begun, "The object is not closed.")
    elif not seen:
        yield RejectedRecord(1, "There is no JSON object here.")


def _objects(scan: _Scan, block: bytes) -> Iterator[tuple[int, bytes]]:
    position = kept_from = 0
    counted = 0
    while position < len(block):
        if scan.escaped:
            scan.escaped, position = False, position + 1
            continue
        found = (_STRING_END if scan.in_string else _MARK).search(block, position)
        if found is None:
            break
        position = found.end()
        char = found[0]
        if char == b"\\":
            scan.escaped = scan.in_string
        elif char == b'"':
            scan.in_string = not scan.in_string and scan.depth > 0
        elif char == b"{":
            if scan.depth == 0:
                scan.line += block.count(b"\n", counted, position)
                counted = kept_from = position - 1
                scan.begun, scan.kept = scan.line, bytearray()
            scan.depth += 1
        elif scan.depth:
            scan.depth -= 1
            if scan.depth == 0 and scan.kept is not None:
                scan.kept += block[kept_from:position]
                yield scan.begun, bytes(scan.kept)
                scan.kept = None
    if scan.kept is not None:
        scan.kept += block[kept_from:]
    scan.line += block.count(b"\n", counted)


def _loaded(line: int, raw: bytes) -> JsonItem | RejectedRecord:
    legacy = False
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        text, legacy = decoded(raw)
        if not legacy:
            return RejectedRecord(line + error.lineno - 1, "The object is not well-formed JSON.")
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return RejectedRecord(line, "The object is not well-formed JSON.")
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _too_deep(value):
        return RejectedRecord(line, f"The object is nested more than {MAX_DEPTH} deep.")
    return JsonItem(line, value, legacy)


def _too_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for each in level for inner in _parts(each)]
        if not level:
            return False
    return True


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def legacy_warning() -> str:
    return f"The text is not UTF-8; it was read as {LEGACY}."


def to_text(value: object) -> str:
    """A value that is no plain text, in one line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {to_text(inner)}" for key, inner in value.items())
    return ", ".join(to_text(each) for each in value) if isinstance(value, list) else str(value)


def texts(parsed: ParsedRecord, value: object, key: str) -> list[str]:
    """The texts of a member that is one text or a list of them. What is no text goes to the notes."""
    found = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str | int | float) and not isinstance(each, bool):
            found.append(str(each))
        elif each not in EMPTY:
            parsed.note(key, to_text(each))
    return found


def objects(parsed: ParsedRecord, value: object, key: str, known: str) -> list[JsonMapping]:
    """The objects of a member that is one object or a list of them. What is none goes to the notes, and so do members
    that are not `known` (names with spaces between)."""
    found = []
    for each in value if isinstance(value, list) else [value]:
        others = each
        if isinstance(each, Mapping):
            found.append(each)
            others = {name: inner for name, inner in each.items() if name not in known.split() and inner not in EMPTY}
        if others not in EMPTY:
            parsed.note(key, to_text(others))
    return found


def affiliations(parsed: ParsedRecord, value: object, owner: str) -> None:
    """Objects with a name, or the names themselves."""
    for each in value if isinstance(value, list) else [value]:
        if each not in EMPTY:
            name = each.get("name") if isinstance(each, Mapping) else None
            parsed.note(f"affiliation of {owner}", name if isinstance(name, str) and name else to_text(each))
