"""Random small catalogues of every registered kind, the same for the same seed."""

from collections.abc import Mapping
from random import Random
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryIn
from app.catalogue.kind import Kind
from app.catalogue.registry import ENTRY_KINDS
from app.staff.editing.writer import Change
from tests.factories import FORMATS, NOW, STAGES, add_details, make_organisation, make_person, save

TITLES = (
    "Éclair",
    "eclair",
    "Zebra crossing",
    "A quiet word",
    "A quiet word",
    "Banana",
    "apple",
    "ångström",
    "Old Oak",
)
DATES = (None, None, "2020", "2020-05", "2020-05-17", "2020-12-31", "2021", "2021", "2021-01", "2022-02-28")
WORDS = ("harbour", "lantern", "meadow", "children's", "trust", "innovating", "the")
PEOPLE = {
    "ada": ("Ada Ark", "Ark"),
    "bo": ("Bo Birch", "Birch"),
    "cy": ("Cy Coe", None),
    "unheard": ("Una Heard", "Heard"),
}
ORGANISATIONS = ("north", "south", "silent")
OWN_VALUES: tuple[Any, ...] = (
    *("Alpha", "beta", "Gamma delta", "0045-3102", "2378-5955"),
    *("2019", "2020-06", "2020-06-15", "2023"),
    *("PT45M", "PT1H5M", "PT90S"),
    *(True, False, 3, 12),
    *(["Alpha"], ["beta", "Alpha"], ["Gamma delta"]),
    [{"slug": "first", "type": "stage", "title": "First", "term": "stages/first"}],
    [{"slug": "second", "type": "phase", "title": "Second"}, {"slug": "first", "type": "stage", "title": "First"}],
)
"""For the members that only one kind has: those that its model accepts are taken."""


def fill(session: Session, *, seed: int = 1, size: int = 30) -> None:
    """Vocabularies, agents and `size` entries of each kind, published at three moments."""
    add_details(session)
    make_agents(session)
    for batch in range(3):
        moment = NOW.replace(month=batch + 2, hour=batch)
        changes = [
            entry(kind, number, Random(f"{seed}/{kind.name}/{number}"))
            for kind in ENTRY_KINDS
            for number in range(batch * size // 3, (batch + 1) * size // 3)
        ]
        save(session, *changes, now=moment)


def make_agents(session: Session) -> None:
    for slug in ORGANISATIONS:
        make_organisation(session, slug=slug, name=f"{slug.title()} Trust")
    for slug, (name, family) in PEOPLE.items():
        home = [{"organisation": "north", "role": "researcher"}] if slug != "bo" else []
        make_person(session, slug=slug, name=name, family=family, affiliations=home)


def entry(kind: Kind, number: int, chance: Random) -> Change:
    return Change(kind, kind.input.model_validate(values(kind, number, chance)))


def values(kind: Kind, number: int, chance: Random) -> dict[str, Any]:
    """The input of one entry; anything but the slug, the title and the format may be missing."""
    shared: dict[str, Any] = {
        "slug": f"{kind.name}-{number}",
        "title": chance.choice(TITLES),
        "summary": " ".join(chance.choices(WORDS, k=chance.randrange(8))),
        "language": chance.choice(("en", "en", "cy")),
        "issued": chance.choice(DATES),
        "licence": chance.choice((None, "CC-BY-4.0", "CC-BY")),
        "terms": {
            "format": [chance.choice(FORMATS)],
            "topic": chance.sample(("ethics", "consent", "capacity", "trust"), chance.randrange(3)),
            "stage": chance.sample(STAGES, chance.randrange(3)),
        },
        "contributors": [
            {"agent": f"people/{slug}", "role": chance.choice(("author", "editor"))}
            for slug in chance.sample(("ada", "bo", "cy"), chance.randrange(4))
        ],
        "identifiers": [{"scheme": "doi", "value": f"10.1234/{kind.name}.{number}"}] if chance.random() < 0.5 else [],
        "resources": [
            {"type": kind_of_link, "url": f"https://example.org/{chance.randrange(5)}"}
            for kind_of_link in chance.sample(("landing_page", "download", "watch"), chance.randrange(3))
        ],
        "relations": [],
        "funding": [{"funder": "organisations/north", "award_number": "N/1"}] if chance.random() < 0.3 else [],
    }
    if number and chance.random() < 0.4:
        target = f"{kind.collection}/{kind.name}-{chance.randrange(number)}"
        shared["relations"] = [{"type": chance.choice(("IsPartOf", "Describes")), "target": target}]
    return in_order(kind, shared | own_values(kind, chance))


def in_order(kind: Kind, given: dict[str, Any]) -> dict[str, Any]:
    """Without what would end before it begins."""
    try:
        kind.input.model_validate(given)
    except ValidationError as error:
        backwards = {each["loc"][0] for each in error.errors() if each["type"] == "ends_before_it_starts"}
        return {name: value for name, value in given.items() if name not in backwards}
    return given


def own_values(kind: Kind, chance: Random) -> dict[str, Any]:
    """A value or nothing for every member that entries do not share."""
    found = {}
    for name, accepted in choices(kind).items():
        if accepted and chance.random() < 0.7:
            found[name] = chance.choice(accepted)
    return found


def choices(kind: Kind) -> Mapping[str, list[Any]]:
    """Of the values above, those that each own member of a kind accepts."""
    own = {name: field for name, field in kind.input.model_fields.items() if name not in EntryIn.model_fields}
    result = {}
    for name, field in own.items():
        accepted: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        adapter: TypeAdapter[Any] = TypeAdapter(accepted)
        result[name] = [value for value in OWN_VALUES if _accepts(adapter, value)]
    return result


def _accepts(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True
