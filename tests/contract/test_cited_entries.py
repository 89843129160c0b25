"""What exports say of entries: where they are found, what they are part of, when they took place."""

import csv
import json
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME
from app.exports.bibliography.citations import cite
from app.exports.record import Record
from app.reading.content import citations
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, make_entry, make_person, make_publication, make_term

DOI = {"scheme": "doi", "value": "10.1234/one"}
ADDRESS = {"scheme": "url", "value": "https://example.org/address"}
FULL_TEXT = {"type": "full_text", "url": "https://example.org/full"}
LANDING_PAGE = {"type": "landing_page", "url": "https://example.org/landing"}
WATCH = {"type": "watch", "url": "https://example.org/watch"}

LADDER: dict[str, tuple[dict[str, Any], str]] = {
    "doi": ({"identifiers": [DOI], "resources": [LANDING_PAGE, FULL_TEXT]}, "https://doi.org/10.1234/one"),
    "full-text": ({"resources": [WATCH, LANDING_PAGE, FULL_TEXT]}, "https://example.org/full"),
    "landing-page": ({"resources": [WATCH, LANDING_PAGE]}, "https://example.org/landing"),
    "video": ({"resources": [WATCH]}, "https://example.org/watch"),
    "address": ({"identifiers": [ADDRESS]}, "https://example.org/address"),
    "nowhere-else": ({}, "http://127.0.0.1:8000/publications/nowhere-else"),
}
DESCRIBED = {"infographic": "Infographic", "discussion-paper": "Discussion-paper"}
UNDESCRIBED = ("article", "book", "report", "blog-post", "web-page")
PEOPLE = [("van der Berg", "Jan"), ("Beethoven", "Ludwig van"), ("de la Cruz", "Ana"), ("van", "Bo")]


def fill(session: Session) -> None:
    add_details(session)
    for slug in ("report", "book-chapter", "blog-post", "web-page", *DESCRIBED):
        make_term(session, "format", slug=slug)
    for slug, (given, _) in LADDER.items():
        make_publication(session, slug=slug, **given)
    for slug in (*UNDESCRIBED, *DESCRIBED):
        make_publication(session, slug=f"a-{slug}", terms={"format": [slug]})
    make_publication(session, slug="the-book", title="The book", volume="2", terms={"format": ["book"]})
    part_of = {"relations": [{"type": "IsPartOf", "target": "publications/the-book"}]}
    make_publication(session, slug="chapter", terms={"format": ["book-chapter"]}, **part_of)
    make_publication(session, slug="paper", terms={"format": ["report"]}, **part_of)
    make_publication(session, slug="printed", terms={"format": ["book-chapter"]}, venue="As printed", **part_of)
    when: dict[str, Any] = {"start": "2021-03", "end": "2022", "place": "Leeds", "event_type": "conference"}
    make_entry(session, BY_NAME["event"], slug="meeting", **when)
    for number, (family, first) in enumerate(PEOPLE):
        make_person(session, slug=f"p{number}", name=f"{first} {family}", family=family, given=first)
    credits = [{"agent": f"people/p{number}", "role": "author"} for number in range(len(PEOPLE))]
    make_publication(session, slug="credited", title="Line\u2028ends", contributors=credits)


@pytest.fixture(scope="module")
def kb(databases: Databases) -> Iterator[Corpus]:
    with closing(Corpus(databases.template("cited", fill))) as found:
        yield found


def cited(kb: Corpus, path: str) -> dict[str, Any]:
    [item] = json.loads(kb.client.get(f"/v1/{path}.csl").text)
    return dict(item)


@pytest.mark.parametrize("slug", LADDER)
def test_the_address_is_the_best_there_is(kb: Corpus, slug: str) -> None:
    _, url = LADDER[slug]
    assert cited(kb, f"publications/{slug}")["URL"] == url
    assert f"UR  - {url}\r\n" in kb.client.get(f"/v1/publications/{slug}.ris").text
    assert f"url = {{{url}}}" in kb.client.get(f"/v1/publications/{slug}.bib").text


def test_a_chapter_has_its_book_and_a_report_its_series(kb: Corpus) -> None:
    chapter = cited(kb, "publications/chapter")
    assert (chapter["type"], chapter["container-title"]) == ("chapter", "The book")
    assert "booktitle = {The book}" in kb.client.get("/v1/publications/chapter.bib").text
    assert "T2  - The book\r\n" in kb.client.get("/v1/publications/chapter.ris").text
    paper = cited(kb, "publications/paper")
    assert (paper.get("container-title"), paper["collection-title"]) == (None, "The book")
    assert cited(kb, "publications/printed")["container-title"] == "As printed"
    assert "container-title" not in cited(kb, "publications/the-book")


def test_a_chapter_names_the_volume_of_its_book(kb: Corpus) -> None:
    for slug in ("the-book", "chapter"):
        assert cited(kb, f"publications/{slug}")["volume"] == "2"
        assert "VL  - 2\r\n" in kb.client.get(f"/v1/publications/{slug}.ris").text
        assert "volume = {2}" in kb.client.get(f"/v1/publications/{slug}.bib").text
        assert "volume = {2}" in kb.client.get(f"/v1/publications/{slug}.biblatex").text
    assert "volume" not in cited(kb, "publications/printed")
    book = kb.client.json("/v1/publications/the-book.jsonld")
    assert book["position"] == "2"


def test_only_what_is_out_of_the_ordinary_is_described(kb: Corpus) -> None:
    assert {slug: cited(kb, f"publications/a-{slug}")["genre"] for slug in DESCRIBED} == DESCRIBED
    assert [slug for slug in UNDESCRIBED if "genre" in cited(kb, f"publications/a-{slug}")] == []


def test_an_event_has_its_dates_everywhere(kb: Corpus) -> None:
    item = cited(kb, "events/meeting")
    assert item["issued"] == {"date-parts": [[2021, 3]]}
    assert item["event-date"] == {"date-parts": [[2021, 3], [2022]]}
    assert item["genre"] == "conference"
    assert "PY  - 2021\r\nDA  - 2021/03//\r\n" in kb.client.get("/v1/events/meeting.ris").text
    assert "year = {2021},\n  month = mar,\n" in kb.client.get("/v1/events/meeting.bib").text
    [row] = csv.DictReader(StringIO(kb.client.get("/v1/events/meeting.csv").content.decode("utf-8-sig"), newline=""))
    dates = ("issued", "event_date", "start", "end", "place")
    assert [row[name] for name in dates] == ["2021-03", "2021-03", "2021-03", "2022", "Leeds"]


def test_people_come_in_order_with_their_particles(kb: Corpus) -> None:
    assert cited(kb, "publications/credited")["author"] == [
        {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
        {"family": "Beethoven", "given": "Ludwig", "dropping-particle": "van"},
        {"family": "Cruz", "given": "Ana", "non-dropping-particle": "de la"},
        {"family": "van", "given": "Bo"},
    ]
    ris = kb.client.get("/v1/publications/credited.ris").text
    assert "AU  - van der Berg, Jan\r\nAU  - Beethoven, Ludwig van\r\n" in ris


def test_a_file_has_the_name_of_what_is_in_it(kb: Corpus) -> None:
    names = {
        "/v1/publications/chapter?as=csl": "chapter.csl.json",
        "/v1/publications.csl": "publications.csl.json",
        "/v1/publications.bib?per_page=1": "publications.bib",
        "/v1/entries?as=ndjson": "entries.ndjson",
        "/v1/vocabularies/topic.ttl": "topic.ttl",
    }
    for path, name in names.items():
        assert kb.client.get(path).headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "content-disposition" not in kb.client.get("/v1/publications/chapter").headers


def test_ndjson_is_every_document_as_it_is_published(kb: Corpus) -> None:
    for collection in ("publications", "people", "topics", "vocabularies"):
        lines = kb.client.get(f"/v1/{collection}.ndjson?sort=slug").content.split(b"\n")
        assert lines.pop() == b""
        documents = list(kb.client.walk(f"/v1/{collection}?sort=slug&per_page=10&cursor=*"))  # without the long texts
        left_out = ("body", "hidden_labels") if collection == "publications" else ()
        whole = [{name: value for name, value in json.loads(line).items() if name not in left_out} for line in lines]
        assert whole == documents
    [term] = kb.client.get("/v1/topics/ethics.ndjson").text.splitlines()
    assert json.loads(term)["slug"] == "ethics"


def test_citations_are_formatted_in_the_style_that_is_requested(kb: Corpus) -> None:
    answer = kb.client.get("/v1/publications/credited?as=citation")
    assert answer.headers["content-type"] == "text/x-bibliography; charset=utf-8"
    assert answer.headers["content-language"] == "en-GB"
    assert answer.text.startswith("van der Berg, J., Beethoven, L. van, de la Cruz, A., & van, B. (n.d.). Line")
    same = kb.client.get("/v1/publications/credited.citation?style=apa&locale=en-GB", accept="*/*")
    assert (
        same.content
        == answer.content
        == kb.client.get("/v1/publications/credited", accept="text/x-bibliography").content
    )
    assert kb.client.get("/v1/publications/credited.citation?style=mla").text.startswith("van der Berg, Jan, et al. ")
    assert "(o.\xa0J.)" in kb.client.get("/v1/publications/credited.citation?locale=de-DE").text
    markup = kb.client.get("/v1/publications/chapter.citation?markup=html")
    assert markup.headers["content-type"] == "text/html; charset=utf-8"
    assert markup.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert markup.text.startswith('<div class="csl-bib-body">\n<div class="csl-entry">')
    assert "In <i>The book</i>" in markup.text


def test_a_list_of_citations_comes_by_the_page(kb: Corpus) -> None:
    first = kb.client.get("/v1/entries.citation?style=vancouver&sort=slug&per_page=7")
    assert first.text.count("\n") == 7
    titles = [each["title"] for each in kb.client.json("/v1/entries?sort=slug&per_page=7")["results"]]
    assert all(title in line for title, line in zip(titles, first.text.splitlines(), strict=True))
    following = first.links["next"]["url"]
    assert "style=vancouver" in following
    assert kb.client.get(following).text != first.text
    assert "style" not in first.links["alternate"]["url"]
    (error,) = kb.client.refused("/v1/entries.citation?per_page=51")["errors"]
    assert (error["parameter"], error["code"]) == ("per_page", "out-of-range")
    (error,) = kb.client.refused("/v1/entries.citation?sample=51")["errors"]
    assert (error["parameter"], error["code"]) == ("sample", "out-of-range")


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("as=citation&style=bluebook", "style", "invalid-value"),
        ("as=citation&locale=tlh", "locale", "invalid-value"),
        ("as=citation&style=apa&style=mla", "style", "repeated"),
        ("as=ris&style=apa", "style", "only-with-citation"),
        ("markup=html", "markup", "only-with-citation"),
    ],
)
def test_what_there_is_no_citation_in_is_refused(kb: Corpus, query: str, parameter: str, code: str) -> None:
    for path in ("/v1/publications", "/v1/publications/chapter"):
        (error,) = kb.client.refused(f"{path}?{query}")["errors"]
        assert (error["parameter"], error["code"]) == (parameter, code)
    assert kb.client.get("/v1/people?as=citation").status_code == 406


def test_a_citation_is_made_once_for_a_revision(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(record: Record, *options: Any) -> str:
        made.append(record.title)
        return cite(record, *options)

    monkeypatch.setattr(citations, "cite", counted)
    known = citations.Citations(kb.service.index)
    row = kb.snapshot.lookup("publications", "chapter")
    assert row is not None
    texts = [known.in_every_style(kb.snapshot, row.id) for _ in range(2)]
    assert texts[0] == texts[1]
    assert list(texts[0]) == ["apa", "harvard", "chicago", "mla", "vancouver"]
    assert len(made) == 5


def test_a_vocabulary_of_any_size_comes_whole(kb: Corpus) -> None:
    count = kb.client.json("/v1/topics?per_page=1")["meta"]["count"]
    assert kb.client.get("/v1/topics.ttl").text.count("a skos:Concept ") == count
