import pytest

from app.exports.formats import BY_EXTENSION, BY_MEDIA_TYPE, FORMATS, JSON, MEDIA_TYPES, Format
from app.exports.record import Record


def test_the_registry() -> None:
    assert [(each.name, each.label, each.media_type, each.extension) for each in FORMATS.values()] == [
        ("json", "JSON", "application/json", "json"),
        ("csl", "CSL-JSON", "application/vnd.citationstyles.csl+json", "csl"),
        ("bibtex", "BibTeX", "application/x-bibtex", "bib"),
        ("ris", "RIS", "application/x-research-info-systems", "ris"),
        ("csv", "CSV", "text/csv; charset=utf-8; header=present", "csv"),
        ("jsonld", "JSON-LD", "application/ld+json", "jsonld"),
        ("turtle", "Turtle", "text/turtle; charset=utf-8", "ttl"),
        ("citation", "Formatted citation", "text/x-bibliography; charset=utf-8", "citation"),
        ("biblatex", "BibLaTeX", "application/x-biblatex", "biblatex"),
        ("datacite", "DataCite JSON", "application/vnd.datacite.datacite+json", "datacite"),
        ("datacite-xml", "DataCite XML", "application/vnd.datacite.datacite+xml", "datacite-xml"),
        ("dc", "Dublin Core", "application/x-dc+xml", "dc"),
        ("marcxml", "MARCXML", "application/marcxml+xml", "marcxml"),
        ("mods", "MODS", "application/mods+xml", "mods"),
        ("markdown", "Markdown", "text/markdown; charset=utf-8", "md"),
        ("ical", "iCalendar", "text/calendar; charset=utf-8", "ics"),
        ("checklist", "Checklist", "text/html; charset=utf-8", "checklist"),
        ("checklist-markdown", "Checklist as Markdown", "text/markdown; charset=utf-8; variant=GFM", "checklist-md"),
        (
            "checklist-csv",
            "Checklist as CSV",
            "text/csv; charset=utf-8; header=present; profile=checklist",
            "checklist-csv",
        ),
        ("ndjson", "NDJSON", "application/jsonl", "ndjson"),
    ]


@pytest.mark.parametrize("each", FORMATS.values(), ids=FORMATS)
def test_every_format_is_found_by_name_extension_and_media_type(each: Format) -> None:
    assert FORMATS[each.name] is BY_EXTENSION[each.extension] is BY_MEDIA_TYPE[each.media_type] is each


def test_the_native_representation_is_offered_first() -> None:
    assert MEDIA_TYPES[0] == JSON.media_type
    assert [each.name for each in FORMATS.values() if each.is_native] == ["json"]


@pytest.mark.parametrize(
    "each", [each for each in FORMATS.values() if "record" in each.views], ids=lambda each: each.name
)
def test_every_format_renders_any_iterable_the_same_twice(each: Format, article: Record, webinar: Record) -> None:
    text = each.render(iter([article, webinar]))
    assert text == each.render((article, webinar))
    assert "DEISC" in text
    assert "A webinar" in text
