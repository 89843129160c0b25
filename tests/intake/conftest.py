"""Reading a text as a test gives it."""

from io import BytesIO

from app.intake.formats.source_formats import SOURCE_FORMATS
from app.intake.records.parsed_record import ParsedItem, ParsedRecord, RejectedRecord


def found(name: str, text: str | bytes) -> list[ParsedItem]:
    raw = text.encode() if isinstance(text, str) else text
    return list(SOURCE_FORMATS[name].read(BytesIO(raw)))


def one(name: str, text: str | bytes) -> ParsedRecord:
    """The only record there is."""
    [reading] = found(name, text)
    assert isinstance(reading, ParsedRecord), reading
    return reading


def titles(name: str, text: str | bytes) -> list[str]:
    """Titles, and `line: …` for what was refused."""
    return [
        f"{each.line}: {each.reason}" if isinstance(each, RejectedRecord) else each.values["title"]
        for each in found(name, text)
    ]


def people(reading: ParsedRecord) -> list[tuple[str, str | None, str | None]]:
    """Family, given, literal."""
    return [(each.name.family or "", each.name.given, each.name.literal) for each in reading.credits]


def notes(reading: ParsedRecord) -> dict[str, str]:
    return {each.name: each.value for each in reading.notes}
