"""What other people's software reads in our exports of the whole seed data is what the documents say."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import bibtexparser
import icalendar
import pybtex.database
import pytest
import rispy
from lxml import etree
from markdown_it import MarkdownIt
from pyld import jsonld

from app.exports.formats import FORMATS
from app.exports.record import Record
from tests.corpus import Corpus
from tests.exports.whole_record import CHAPTER, CONTEXT, IN_SERIES, RECORDS, VOLUME

pytestmark = pytest.mark.one_engine

SCHEMAS = Path(__file__).parent / "schemas"
NAMESPACES = {
    "datacite": "http://datacite.org/schema/kernel-4",
    "dc": "http://purl.org/dc/elements/1.1/",
    "oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
    "marc": "http://www.loc.gov/MARC21/slim",
    "mods": "http://www.loc.gov/mods/v3",
}
XML = {
    "datacite-xml": ("datacite/metadata.xsd", "datacite:resource"),
    "dc": ("oai_dc.xsd", "oai_dc:dc"),
    "marcxml": ("MARC21slim.xsd", "."),
    "mods": ("mods-3-7.xsd", "."),
}


class Local(etree.Resolver):  # type: ignore[misc]  # lxml has no types
    """Schemas that others import, from beside them."""

    def resolve(self, url: str | None, public_id: str | None, context: Any) -> Any:
        own = SCHEMAS / str(url).rpartition("/")[2]
        return self.resolve_filename(str(own), context) if str(url).startswith("http") and own.exists() else None


@cache
def schema(name: str) -> Any:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Local())
    return etree.XMLSchema(etree.parse(str(SCHEMAS / name), parser))


def exported(seeded: Corpus, name: str) -> str:
    return seeded.client.get(f"/v1/entries?as={name}&sort=slug").content.decode("utf-8-sig")


def year(record: Record) -> str | None:
    date = record.issued or record.event_date
    return date.text[:4] if date else None


@pytest.mark.parametrize("name", XML)
def test_xml_is_valid_by_its_published_schema(seeded: Corpus, name: str) -> None:
    file, element = XML[name]
    whole_records = FORMATS[name].render(RECORDS, CONTEXT)
    for text in (exported(seeded, name), whole_records):
        root = etree.fromstring(text.encode())
        for each in root.iterfind(element, NAMESPACES) if element != "." else [root]:
            schema(file).assertValid(etree.fromstring(etree.tostring(each)))


def texts(element: Any, path: str) -> list[str]:
    return [found.text for found in element.iterfind(path, NAMESPACES)]


def test_datacite_says_what_the_records_say(seeded: Corpus, records: list[Record]) -> None:
    root = etree.fromstring(exported(seeded, "datacite-xml").encode())
    items = json.loads(exported(seeded, "datacite"))
    for element, item, record in zip(root, items, records, strict=True):
        authors = [name.inverted for name in record.names_of("author")] or [":unav"]
        assert texts(element, "datacite:titles/datacite:title") == [record.title] == [item["titles"][0]["title"]]
        assert texts(element, "datacite:creators/datacite:creator/datacite:creatorName") == authors
        assert [each["name"] for each in item["creators"]] == authors
        assert texts(element, "datacite:publicationYear") == [year(record) or "0000"] == [item["publicationYear"]]
        identifier = texts(element, "datacite:identifier")
        assert identifier == [record.doi or record.page_url]
        assert item.get("doi") == record.doi
        assert texts(element, "datacite:subjects/datacite:subject") == [each.label for each in record.subjects]


def test_dublin_core_says_what_the_records_say(seeded: Corpus, records: list[Record]) -> None:
    root = etree.fromstring(exported(seeded, "dc").encode())
    for element, record in zip(root, records, strict=True):
        assert texts(element, "dc:title") == [record.title]
        assert texts(element, "dc:creator") == [name.inverted for name in record.names_of("author")]
        assert texts(element, "dc:subject") == list(record.keywords)
        dates = record.issued or record.event_date, record.cover_date
        assert texts(element, "dc:date") == [date.text for date in dates if date]
        assert record.url in texts(element, "dc:identifier")


def test_marc_and_mods_say_what_the_records_say(seeded: Corpus, records: list[Record]) -> None:
    marc, mods = (etree.fromstring(exported(seeded, name).encode()) for name in ("marcxml", "mods"))
    for in_marc, in_mods, record in zip(marc, mods, records, strict=True):
        people = [name.inverted for name in record.names]
        names = [*marc_subfields(in_marc, "100", "110", "700", "710")]
        assert sorted(names) == sorted(people)
        assert marc_subfields(in_marc, "245") == [record.title]
        assert marc_subfields(in_marc, "653") == list(record.keywords)
        assert texts(in_mods, "mods:titleInfo/mods:title") == [record.title]
        assert len(in_mods.findall("mods:name", NAMESPACES)) == len(people)
        assert texts(in_mods, "mods:subject/mods:topic") == list(record.keywords)
        assert texts(in_mods, "mods:identifier[@type='doi']") == ([record.doi] if record.doi else [])


def marc_subfields(element: Any, *tags: str) -> list[str]:
    return [text for tag in tags for text in texts(element, f"marc:datafield[@tag='{tag}']/marc:subfield[@code='a']")]


@pytest.mark.parametrize("name", ["bibtex", "biblatex"])
def test_bibtex_is_read_by_pybtex_and_bibtexparser(seeded: Corpus, records: list[Record], name: str) -> None:
    text = exported(seeded, name)
    parsed = pybtex.database.parse_string(text, "bibtex")
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    assert len(parsed.entries) == len(library.entries) == len(records)
    for (key, entry), block, record in zip(parsed.entries.items(), library.entries, records, strict=True):
        assert key == block.key
        assert len(entry.persons.get("author", ())) == len(record.names_of("author"))
        assert entry.fields.get("doi") == record.doi
        assert plain(entry.fields["title"]) == plain(record.title)
        known = entry.fields.get("date", entry.fields.get("year", ""))
        assert known[:4] == (record.cited_date.text[:4] if record.cited_date else "")
        assert {each.key for each in block.fields} >= {"title"}


def plain(text: str) -> str:
    """Without LaTeX's braces and escapes, and without space."""
    for escape, character in ((r"\textasciigrave", "`"), ("{}", ""), ("{", ""), ("}", ""), ("\\", "")):
        text = text.replace(escape, character)
    return "".join(text.split())


def test_ris_is_read_by_rispy(seeded: Corpus, records: list[Record]) -> None:
    items = rispy.load(StringIO(exported(seeded, "ris")))
    for item, record in zip(items, records, strict=True):
        assert item["title"] == " ".join(record.title.split())
        assert item.get("authors", []) == [name.inverted for name in record.names_of("author")]
        assert item.get("doi") == record.doi
        assert item.get("year") == (record.cited_date.text[:4] if record.cited_date else None)
        assert item.get("keywords", []) == list(record.keywords)


@pytest.fixture
def offline() -> Callable[..., Any]:
    """The context of schema.org, as far as it matters: names are its terms, `id` and `type` those of JSON-LD."""
    document = {"@context": {"@vocab": "https://schema.org/", "id": "@id", "type": "@type", "url": {"@type": "@id"}}}

    def load(url: str, _: Any = None) -> Any:
        assert url.rstrip("/") == "https://schema.org"
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": document}

    return load


def test_schema_org_is_read_by_pyld(seeded: Corpus, records: list[Record], offline: Callable[..., Any]) -> None:
    expanded = jsonld.expand(json.loads(exported(seeded, "jsonld")), {"documentLoader": offline})
    name = "https://schema.org/name"
    for node, record in zip(expanded, records, strict=True):
        assert node["@id"] == record.page_url
        assert [value["@value"] for value in node[name]] == [record.title]
        authors = node.get("https://schema.org/author", node.get("https://schema.org/performer", []))
        assert [each[name][0]["@value"] for each in authors] == [each.spoken for each in record.names_of("author")]
        assert node["@type"][0].startswith("https://schema.org/")


def test_markdown_is_read_as_headings_and_nothing_else_of_the_texts_is_markup(
    seeded: Corpus, records: list[Record]
) -> None:
    tokens = MarkdownIt("commonmark").parse(exported(seeded, "markdown"))
    inside = [tokens[place + 1] for place, token in enumerate(tokens) if token.type == "heading_open"]
    headings = ["".join(child.content for child in token.children or ()) for token in inside]
    assert headings[1:] == [" ".join(record.title.split()) for record in records]


def test_a_calendar_is_read_by_icalendar(seeded: Corpus, records: list[Record]) -> None:
    calendar = icalendar.Calendar.from_ical(seeded.client.get("/v1/events.ics?sort=slug").content)
    dated = [record for record in records if record.kind == "event" and record.event_date]
    assert len(calendar.events) == len(dated)
    for event, record in zip(calendar.events, dated, strict=True):
        start = record.event_date
        assert start is not None
        assert str(event["SUMMARY"]) == record.title
        assert str(event["UID"]) == record.uid
        assert event.start == start.start
        assert event.end == (record.end or start).end + timedelta(days=1)
        assert isinstance(event.start, date)
    assert seeded.client.get("/v1/publications.ics").status_code == 406
    assert seeded.client.get("/v1/entries?as=ical").status_code == 406


@pytest.mark.parametrize("name", ["bibtex", "biblatex"])
def test_what_a_chapter_says_of_its_book_is_read_by_pybtex_and_bibtexparser(name: str) -> None:
    text = FORMATS[name].render((CHAPTER, VOLUME, IN_SERIES))
    parsed = pybtex.database.parse_string(text, "bibtex").entries
    chapter, volume, in_series = parsed.values()
    fields = ("booktitle", "series", "volume", "edition", "publisher", "isbn")
    expected = ["The book", "A series", "2", "2", "Press", "9781447367253 9781447367260"]
    assert [chapter.fields[field] for field in fields] == expected
    assert [str(person) for person in chapter.persons["editor"]] == ["Hampson, Martha", "{Research in Practice}"]
    block = bibtexparser.parse_string(text).entries[0]
    assert [block.fields_dict[field].value for field in fields] == expected
    assert [(each.fields["volume"], each.fields.get("series")) for each in (volume, in_series)] == [
        ("3", None),
        ("3", "A series"),
    ]


def test_what_a_chapter_says_of_its_book_is_read_by_rispy() -> None:
    chapter, volume, in_series = rispy.load(StringIO(FORMATS["ris"].render((CHAPTER, VOLUME, IN_SERIES))))
    assert {name: chapter[name] for name in OF_A_BOOK_IN_RIS} == OF_A_BOOK_IN_RIS
    assert (volume["volume"], volume.get("tertiary_title")) == ("3", None)
    assert (in_series["volume"], in_series["tertiary_title"]) == ("3", "A series")


OF_A_BOOK_IN_RIS = {
    "secondary_title": "The book",
    "tertiary_title": "A series",
    "volume": "2",
    "edition": "2",
    "publisher": "Press",
    "place_published": "Bristol",
    "secondary_authors": ["Hampson, Martha", "Research in Practice", "Dee, Ana"],
    "issn": "9781447367253",
}
