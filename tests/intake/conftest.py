"""Reading a text as a test gives it."""

from io import BytesIO

from app.intake.formats import SOURCES
from app.intake.reading import Found, Reading, Refusal


def found(name: str, text: str | bytes) -> list[Found]:
    raw = text.encode() if isinstance(text, str) else text
    return list(SOURCES[name].read(BytesIO(raw)))


def one(name: str, text: str | bytes) -> Reading:
    """The only record there is."""
    [reading] = found(name, text)
    assert isinstance(reading, Reading), reading
    return reading


def titles(name: str, text: str | bytes) -> list[str]:
    """Titles, and `line: …` for what was refused."""
    return [
        f"{each.line}: {each.reason}" if isinstance(each, Refusal) else each.values["title"]
        for each in found(name, text)
    ]


def people(reading: Reading) -> list[tuple[str, str | None, str | None]]:
    """Family, given, literal."""
    return [(each.name.family or "", each.name.given, each.name.literal) for each in reading.credits]


def notes(reading: Reading) -> dict[str, str]:
    return {each.name: each.value for each in reading.notes}
