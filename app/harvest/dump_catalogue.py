"""The dumps as data portals know them: DCAT 3 (W3C Recommendation, 2024) in Turtle."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.exports.rdf.serialisation import TYPE, Iri, Literal, PrefixedName, Statement, turtle, turtle_head
from app.harvest.dump_formats import DUMP_FORMATS
from app.harvest.dumps import Dump
from app.kit.json_types import JsonMapping

MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
LICENCES: Final = "https://spdx.org/licenses/"


def describe_dumps(dumps: Sequence[Dump], about: JsonMapping, url: str, pages: str) -> str:
    """`url` is where the newest dump is: the dataset. `about` is what the settings say of the whole."""
    return turtle_head() + "".join(turtle(_statements(dumps, about, url, pages)))


def _statements(dumps: Sequence[Dump], about: JsonMapping, url: str, pages: str) -> Iterator[Statement]:
    yield url, TYPE, PrefixedName("dcat:Dataset")
    yield url, "dcterms:title", Literal(str(about["title"]))
    yield url, "dcterms:description", Literal(str(about["description"]))
    yield url, "dcterms:license", Iri(f"{LICENCES}{about['licence']}")
    yield url, "dcat:landingPage", Iri(pages)
    if dumps:
        yield url, "dcterms:modified", Literal(dumps[0].made_at, datatype="xsd:dateTime")
    for dump in dumps:
        yield url, "dcat:distribution", Iri(f"{url}/{dump.name}")
    for dump in dumps:
        yield from _distribution(dump, f"{url}/{dump.name}")


def _distribution(dump: Dump, address: str) -> Iterator[Statement]:
    written = next(each for each in DUMP_FORMATS.values() if dump.name.endswith(each.extension))
    yield address, TYPE, PrefixedName("dcat:Distribution")
    yield address, "dcterms:title", Literal(f"{written.label}, revision {dump.revision}")
    yield address, "dcat:downloadURL", Iri(address)
    yield address, "dcat:mediaType", Iri(f"{MEDIA_TYPES}{written.media_type}")
    yield address, "dcat:compressFormat", Iri(f"{MEDIA_TYPES}application/gzip")
    yield address, "dcat:byteSize", Literal(str(dump.size), datatype="xsd:nonNegativeInteger")
    yield address, "dcterms:issued", Literal(dump.made_at, datatype="xsd:dateTime")
    yield address, "spdx:checksum", Iri(f"{address}#checksum")
    yield f"{address}#checksum", TYPE, PrefixedName("spdx:Checksum")
    yield f"{address}#checksum", "spdx:algorithm", PrefixedName("spdx:checksumAlgorithm_sha256")
    yield f"{address}#checksum", "spdx:checksumValue", Literal(dump.sha256, datatype="xsd:hexBinary")
