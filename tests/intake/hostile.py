"""Texts that are made to cost much: each is about as long as `size` says. Run as a program, it reads them all within
limits of processor time and memory that the operating system holds it to."""

import resource
import sys
import tracemalloc
from collections.abc import Callable, Mapping
from io import BytesIO

from app.intake.formats.source_formats import SOURCE_FORMATS
from app.intake.records.parsed_record import ParsedRecord

MACROS = "".join(f"@string{{a{number + 1} = a{number} # a{number}}}\n" for number in range(60))
"""Each stands for twice what the one before it does."""

Make = Callable[[int], str]


def bib(field: str) -> str:
    return f"@a{{k, title = {{T}}, {field}}}"


HOSTILE: Mapping[str, tuple[tuple[str, Make], ...]] = {
    "bibtex": (
        ("macros of macros", lambda size: "@string{a0 = {0123456789}}\n" + MACROS + "@a{k, title = a60}"),
        ("one macro used often", lambda size: f"@string{{a={{{'x' * 60_000}}}}}\n" + "@a{k,title=a}\n" * (size // 14)),
        ("a macro many times", lambda size: "@string{a={0123456789}}\n@a{k,title=a" + "#a" * (size // 2) + "}"),
        ("many macros", lambda size: "".join(f"@string{{m{n}={{x}}}}\n" for n in range(size // 18))),
        ("names not defined", lambda size: "@a{k,title=" + "#".join(f"m{n}" for n in range(size // 7)) + "}"),
        ("blanks before nothing", lambda size: " " * size + "x"),
        ("blanks in a key", lambda size: "@a{" + " " * size + "=}"),
        ("blanks before a brace", lambda size: "@a" + " " * size),
        ("blanks in a next", lambda size: "@a{k,\n" + ("@a{" + " " * (size // 2) + "=\n") * 2),
        ("blanks between names", lambda size: bib("author = {A" + " " * size + "B}")),
        ("blanks in pages", lambda size: bib("pages = {1" + "{} " * (size // 3) + "2}")),
        ("blanks in keywords", lambda size: bib("keywords = {a" + " " * size + "b}")),
        ("blanks in an ISBN", lambda size: bib("isbn = {" + " " * size + "1}")),
        ("many entries in a line", lambda size: "@a{}" * (size // 4)),
        ("many fields", lambda size: "@a{k, title={T}" + "".join(f",x{n}={{{n}}}" for n in range(size // 14)) + "}"),
        ("one field often", lambda size: "@a{k, title={T}" + "".join(f",x={{{n}}}" for n in range(size // 12)) + "}"),
        ("many keywords", lambda size: bib("keywords = {" + ",".join(map(str, range(size // 7))) + "}")),
        (
            "many commands",
            lambda size: bib("note = {" + "".join(f"\\z{'a' * (n % 50)}b " for n in range(size // 28)) + "}"),
        ),
        ("accents", lambda size: bib("note = {" + "\\'" * (size // 2) + "}")),
        ("braces", lambda size: "@a{k, title = {" + "{" * size),
        ("a line of markup", lambda size: bib("title = {" + "<a " * (size // 3) + "}")),
    ),
    "ris": (
        ("blanks after a word", lambda size: "Export" + " " * size + "x"),
        ("semicolons", lambda size: "TY  - JOUR\nTI  - T\nUR  - " + ";" * size),
        ("dates", lambda size: "TY  - JOUR\nTI  - T\n" + "".join(f"DA  - {n}\n" for n in range(size // 13))),
        ("names", lambda size: "TY  - JOUR\nTI  - T\n" + "".join(f"AU  - A{n}, B\n" for n in range(size // 17))),
        ("one name", lambda size: "TY  - JOUR\nTI  - T\nAU  - " + "Aa " * (size // 3)),
        ("keywords", lambda size: "TY  - JOUR\nTI  - T\nKW  - " + "\n".join(map(str, range(size // 7)))),
        ("notes", lambda size: "TY  - JOUR\nTI  - T\n" + "".join(f"C1  - {n}\n" for n in range(size // 13))),
        ("an address", lambda size: "TY  - JOUR\nTI  - T\nUR  - http://" + "a" * (size // 9) + "\t."),
        ("references", lambda size: "TY  - JOUR\nTI  - &#" + "9" * (size // 9) + ";"),
        ("a line", lambda size: "TY  - JOUR\nTI  - " + "x" * size),
        ("lines of nothing", lambda size: "x\n" * (size // 2)),
    ),
    "csl": (
        ("affiliations", lambda size: affiliations(size)),
        (
            "names",
            lambda size: '{"title":"T","author":[' + ",".join(['{"family":"A"}'] * (size // 15)) + "]}",
        ),
        ("members", lambda size: '{"title":"T"' + "".join(f',"x{n}":{n}' for n in range(size // 13)) + "}"),
        ("empty lists", lambda size: '{"title":"T","x":[' + ",".join("[]" for _ in range(size // 3)) + "]}"),
        ("works in one", lambda size: '{"items":[' + ",".join('{"title":"T"}' for _ in range(size // 14)) + "]}"),
        ("objects", lambda size: "{}" * (size // 2)),
        ("numbers", lambda size: '{"title":"T","volume":' + "9" * (size - 30) + "}"),
        (
            "an exponent",
            lambda size: '{"title":"T","issued":{"date-parts":[[1e300,' + "1e-300," * (size // 8) + "1]]}}",
        ),
        ("datacite", lambda size: '{"titles":[' + ",".join('{"title":"T"}' for _ in range(size // 14)) + "]}"),
        ("identifiers", lambda size: identifiers(size)),
    ),
    "csv": (
        ("quotation marks", lambda size: "title,a\n" + 'a","\n' * (size // 5)),
        ("a quotation mark a line", lambda size: "title\n" + '"\n' * (size // 2)),
        ("a row of many lines", lambda size: 'title\n"' + "a\n" * (size // 2)),
        ("columns", lambda size: "title" + "".join(f",c{n}" for n in range(size // 8)) + "\nT"),
        ("a long column", lambda size: f"title,{'c' * (size // 9)}\n" + "T,1\n" * (size // 5)),
        ("cells beyond", lambda size: "title\nT" + "".join(f",{n}" for n in range(size // 7))),
        ("authors", lambda size: "title,authors\nT," + "".join(f"A{n};" for n in range(size // 8))),
        ("blanks in a role", lambda size: "title,contributors\nT,A" + " " * (size // 9) + "(x"),
        ("long rows", lambda size: "title\n" + (",".join('"' + "x" * 130_000 + '"' for _ in range(9)) + "\n")),
    ),
}


def affiliations(size: int) -> str:
    """A long name, with each of which each note of a short affiliation might begin."""
    many = ",".join(f'"{number}"' for number in range(size // 20))
    return f'{{"title":"T","author":[{{"family":"{"x" * (size // 2)}","affiliation":[{many}]}}]}}'


def identifiers(size: int) -> str:
    many = ",".join(f'{{"nameIdentifier":"{number}"}}' for number in range(size // 60))
    return f'{{"titles":[{{"title":"T"}}],"creators":[{{"name":"{"x" * (size // 3)}","nameIdentifiers":[{many}]}}]}}'


def kept(reading: ParsedRecord) -> int:
    """Characters of everything that is kept of a record."""
    return sum(map(len, kept_texts(reading)))


def kept_texts(reading: ParsedRecord) -> list[str]:
    texts = [*map(str, reading.values.values()), *reading.warnings, *reading.links]
    texts += [text for each in reading.notes for text in (each.name, each.value)]
    texts += [each.name.inverted for each in reading.credits]
    return texts


def read_all(name: str, size: int) -> int:
    """The most that was kept of one record."""
    most = 0
    for title, make in HOSTILE[name]:
        print(title, flush=True)
        for each in SOURCE_FORMATS[name].read(BytesIO(make(size).encode())):
            if isinstance(each, ParsedRecord):
                most = max(most, kept(each))
    return most


def peak(name: str, size: int) -> float:
    """The most memory that a text took, in bytes for each of its bytes."""
    most = 0.0
    for title, make in HOSTILE[name]:
        print(title, flush=True)
        raw = make(size).encode()
        tracemalloc.start()
        for _ in SOURCE_FORMATS[name].read(BytesIO(raw)):
            pass
        most = max(most, tracemalloc.get_traced_memory()[1] / max(len(raw), size))
        tracemalloc.stop()
    return most


if __name__ == "__main__":
    _, what, name, size, seconds = sys.argv
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))
    print((read_all if what == "time" else peak)(name, int(size)))
