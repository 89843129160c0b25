"""What an import would create: input models as JSON, where each member came from, and warnings about it."""

from dataclasses import dataclass, field

from app.catalogue.kind import Kind
from app.catalogue.schema import Schema
from app.intake.records.parsed_record import Note, noted_as
from app.kit.containers.unique_list import UniqueList
from app.kit.json_types import JsonMapping, JsonObject


@dataclass(frozen=True, slots=True)
class NewAgent:
    """A person or an organisation that is not in the catalogue yet; `reference` is `people/…` or `organisations/…`,
    `input` is `data` as the model has accepted it."""

    reference: str
    kind: Kind
    data: JsonMapping
    input: Schema


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Something that is there already. `certain` where an identifier is the same; then the entry cannot be created."""

    kind: str
    slug: str
    title: str
    status: str
    why: str
    certain: bool


@dataclass
class Proposal:
    """One entry to be. `number` counts the records of the file, `line` is where it begins.

    `agents` are new ones by their reference, `keys` identifiers by which the entry is recognised, `first_author` the
    folded family name; `input` is `data` once the model has accepted it.
    """

    number: int
    line: int
    kind: Kind
    data: JsonObject
    agents: dict[str, NewAgent] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    notes: UniqueList[Note] = field(default_factory=UniqueList)
    warnings: UniqueList[str] = field(default_factory=UniqueList)
    duplicates: list[Duplicate] = field(default_factory=list)
    keys: list[tuple[str, str]] = field(default_factory=list)
    first_author: str = ""
    input: Schema | None = None

    def note(self, name: str, value: object) -> None:
        """Keep what the kind has no member for."""
        noted = noted_as(name, value)
        if noted.value:
            self.notes.add(noted)
