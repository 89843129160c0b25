"""Files of references of any size, in the formats that others send, made from the generated catalogues."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from app.catalogue.kinds.publications import CSL_TYPES
from app.exports.formats import FORMATS
from app.exports.record import Name, Record
from app.kit.values.partial_dates import PartialDate
from benchmarks import generate


def write_ris(path: Path, count: int) -> None:
    _write(path, (FORMATS["ris"].render([record]) for record in records(count)))


def write_csl(path: Path, count: int) -> None:
    """One array, an item a line."""
    items = (FORMATS["csl"].render([record])[1:-1] for record in records(count))
    _write(path, chain(["["], (("" if not place else ",\n") + item for place, item in enumerate(items)), ["]\n"]))


WRITERS: Final[dict[str, Callable[[Path, int], None]]] = {"ris": write_ris, "json": write_csl}
"""By the ending of the file."""


def records(count: int) -> Iterator[Record]:
    """`generate.publications(count)` as a reference manager would export them."""
    people = {f"people/{each['slug']}": each for each in generate.catalogue(count)["people"]}
    for item in generate.publications(count):
        yield Record(
            id=item["slug"],
            type=CSL_TYPES[item["terms"]["format"][0]],
            title=item["title"],
            names=tuple(_name(people[each["agent"]]) for each in item["contributors"]),
            issued=PartialDate(item["issued"]),
            container_title=item["venue"],
            volume=item["volume"],
            pages=item["pages"],
            doi=item["identifiers"][0]["value"],
            url=item["resources"][0]["url"],
            abstract=item["summary"],
            keywords=tuple(generate.label(slug) for slug in item["terms"]["topic"]),
            language=item["language"],
            genre=generate.label(item["terms"]["format"][0]),
        )


def _name(person: generate.Item) -> Name:
    return Name(family=person["family"], given=person["given"])


def _write(path: Path, parts: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(parts)
