"""Statements of RDF 1.1, and how Turtle and N-Triples write them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

PREFIXES: Final[Mapping[str, str]] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "fabio": "http://purl.org/spar/fabio/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "http://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
TYPE: Final = "rdf:type"
UNSAFE_IN_IRI: Final = frozenset('<>"{}|^`\\')


@dataclass(frozen=True, slots=True)
class Iri:
    """An absolute one."""

    text: str


@dataclass(frozen=True, slots=True)
class PrefixedName:
    """A name of one of `PREFIXES`, as `skos:Concept`."""

    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    """With a language (BCP 47), or a datatype as a prefixed name, or as plain text."""

    text: str
    language: str | None = None
    datatype: str | None = None


Statement = tuple[str, str, Iri | PrefixedName | Literal]
"""The IRI of a subject, a prefixed name, an object."""


def iri(uri: str) -> str:
    """What may not stand in an IRIREF (Turtle 1.1, production 18) percent-encoded."""
    return "".join(f"%{ord(char):02X}" if char in UNSAFE_IN_IRI or char <= " " else char for char in uri)


def quoted(text: str) -> str:
    """A quoted string (production 22); JSON's escapes are a subset of Turtle's but for the solidus, never used here."""
    return json.dumps(text, ensure_ascii=False)


def ntriples(statements: Iterable[Statement]) -> Iterator[str]:
    """A line for each (RDF 1.1 N-Triples)."""
    for subject, predicate, value in statements:
        yield f"<{iri(subject)}> {_expanded(predicate)} {_written(value, _expanded)} .\n"


def turtle_head() -> str:
    return "".join(f"@prefix {name}: <{uri}> .\n" for name, uri in PREFIXES.items())


def turtle(statements: Iterable[Statement]) -> Iterator[str]:
    """A block for each subject whose statements come one after the other, without the prefixes."""
    for subject, group in groupby(statements, key=lambda each: each[0]):
        lines = [f"    {predicate} {_written(value, str)}" for _, predicate, value in group]
        yield f"\n<{iri(subject)}>\n" + " ;\n".join(lines) + " .\n"


def _expanded(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"<{PREFIXES[prefix]}{local}>"


def _written(value: Iri | PrefixedName | Literal, named: Callable[[str], str]) -> str:
    if isinstance(value, Iri):
        return f"<{iri(value.text)}>"
    if isinstance(value, PrefixedName):
        return named(value.text)
    text = quoted(value.text)
    if value.language:
        return f"{text}@{value.language}"
    return f"{text}^^{named(value.datatype)}" if value.datatype else text
