"""Columns of a table that no citation has: vocabularies by any of their names, and the members of a kind."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from app.catalogue.kind import Kind
from app.catalogue.registry import ENTRY_KINDS
from app.intake.matching.proposals import Proposal
from app.intake.matching.term_matching import TermMatcher
from app.intake.records.dates import partial
from app.intake.records.parsed_record import Note, ParsedRecord
from app.kit.containers.unique_list import UniqueList
from app.kit.json_types import JsonObject
from app.kit.text.characters import fold

KIND: Final = "kind"
"""The column that says what a row is to become."""
_YES: Final[Mapping[str, bool]] = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_SEPARATOR: Final = ";"


def named_kind(parsed: ParsedRecord) -> Kind | None:
    """What the row says that it is to become, by the name of a kind or of its collection."""
    text = next((fold(each.value) for each in parsed.notes if _is_column(parsed, each) and fold(each.name) == KIND), "")
    return next((kind for kind in ENTRY_KINDS if text in (kind.name, kind.collection)), None)


def take_columns(proposal: Proposal, parsed: ParsedRecord, words: TermMatcher) -> None:
    """Makes members and terms from the columns that the parser kept in the notes; reports which are not used."""
    kept: UniqueList[Note] = UniqueList()
    for note in proposal.notes:
        if not _is_column(parsed, note) or not _take(proposal, note, words):
            kept.add(note)
    proposal.notes = kept


def _is_column(parsed: ParsedRecord, note: Note) -> bool:
    return note.name in parsed.columns


def _take(proposal: Proposal, note: Note, words: TermMatcher) -> bool:
    name = fold(note.name)
    if name == KIND and fold(note.value) in (proposal.kind.name, proposal.kind.collection):
        return True
    if (scheme := words.vocabularies.get(name)) is not None:
        return _take_terms(proposal, scheme, note, words)
    member = name.replace(" ", "_").replace("-", "_")
    schema = members(proposal.kind).get(member)
    if schema is None or member in proposal.data:
        proposal.warnings.add(f"The column {note.name} is not used; what it says is kept in the notes.")
        return False
    try:
        proposal.data[member] = _value(schema, note.value)
    except ValueError:
        proposal.warnings.add(f"{note.name}: this cannot be read. It is kept in the notes.")
        return False
    proposal.origin[member] = note.name
    return True


def _take_terms(proposal: Proposal, scheme: str, note: Note, words: TermMatcher) -> bool:
    """By their labels; unknown ones are reported with the name of the column, and stay in the notes."""
    terms: dict[str, list[str]] = proposal.data.setdefault("terms", {})
    unknown = []
    for label in filter(None, (each.strip() for each in note.value.split(_SEPARATOR))):
        slug = words.named.get((scheme, fold(label)))
        if slug is None:
            unknown.append(label)
        elif slug not in terms.setdefault(scheme, []):
            terms[scheme].append(slug)
    if scheme in terms:
        proposal.origin[f"terms/{scheme}"] = note.name
    if not terms:
        del proposal.data["terms"]
    if unknown:
        proposal.warnings.add(f"{note.name}: there is no term “{unknown[0]}”. It is kept in the notes.")
    return not unknown


@cache
def members(kind: Kind) -> dict[str, JsonObject]:
    """The members of an input that one cell can say: texts, numbers, yes or no, and lists of texts."""
    described: dict[str, JsonObject] = kind.input.model_json_schema()["properties"]
    plain = {name: _plain(schema) for name, schema in described.items() if name != "slug"}
    return {name: schema for name, schema in plain.items() if schema is not None}


def _plain(schema: JsonObject) -> JsonObject | None:
    choices: list[JsonObject] = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    first = choices[0]
    is_list = first.get("type") == "array" and first["items"].get("type") == "string"
    return first if is_list or first.get("type") in ("string", "integer", "boolean") else None


def _value(schema: JsonObject, text: str) -> Any:
    """Raises ValueError."""
    match schema["type"]:
        case "array":
            return [each.strip() for each in text.split(_SEPARATOR) if each.strip()]
        case "integer":
            return int(text)
        case "boolean":
            if fold(text) not in _YES:
                raise ValueError("neither yes nor no")
            return _YES[fold(text)]
    if str(schema.get("pattern", "")).startswith("^[0-9]{4}"):
        return partial(text)[0]
    return text
