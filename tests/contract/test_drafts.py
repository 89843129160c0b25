"""Drafts never leak, and neither does anybody whom only drafts name."""

import pytest
from sqlalchemy.orm import Session

from app.catalogue.kind import Kind
from app.staff.editing.writer import Change, find
from tests.contract.public_responses import face
from tests.corpus import Corpus
from tests.factories import change, make_entry, make_organisation, make_person, save

pytestmark = pytest.mark.one_engine

SECRET = "zanzibar"
HIDDEN = ("people/hidden-person", "organisations/hidden-home", "organisations/hidden-funder")


@pytest.fixture
def published(kb: Corpus, kind: Kind) -> Corpus:
    """One entry for all to see."""
    with kb.write() as session:
        make_person(session, slug="known", name="Kay Known")
        contributors = [{"agent": "people/known", "role": "author"}]
        make_entry(session, kind, slug="open", title="About trust", contributors=contributors)
    return kb


def make_draft(session: Session, kind: Kind) -> None:
    """A draft full of things that nobody may find."""
    make_organisation(session, slug="hidden-home", name=f"{SECRET} house")
    make_organisation(session, slug="hidden-funder", name=f"{SECRET} fund")
    affiliations = [{"organisation": "hidden-home"}]
    make_person(session, slug="hidden-person", name=f"Zoë {SECRET}", affiliations=affiliations)
    make_entry(
        session,
        kind,
        as_draft=True,
        slug="a-draft",
        title=f"About {SECRET}",
        summary=SECRET,
        issued="1999-09",
        terms={"format": ["video"], "topic": ["unused"]},
        contributors=[{"agent": "people/hidden-person", "role": "author"}, {"agent": "people/known", "role": "editor"}],
        funding=[{"funder": "organisations/hidden-funder"}],
        identifiers=[{"scheme": "doi", "value": f"10.1234/{SECRET}"}],
        resources=[{"type": "download", "url": f"https://example.org/{SECRET}"}],
        relations=[{"type": "Describes", "target": f"{kind.collection}/open"}],
    )


def test_a_draft_changes_nothing_that_anybody_can_see(published: Corpus, kind: Kind) -> None:
    before = face(published.client)
    with published.write() as session:
        make_draft(session, kind)
    assert face(published.client) == before
    assert SECRET not in "".join(text for url, (_, text) in before.items() if SECRET not in url)


def test_an_edit_of_a_draft_changes_nothing_either(published: Corpus, kind: Kind) -> None:
    with published.write() as session:
        make_draft(session, kind)
    before = face(published.client)
    with published.write() as session:
        row = find(session, kind, "a-draft")
        data = kind.input.model_validate({"slug": "renamed-draft", "title": SECRET, "terms": {"format": ["book"]}})
        save(session, Change(kind, data, row), as_draft=True)
    assert face(published.client) == before
    for slug in ("a-draft", "renamed-draft"):
        published.client.refused(f"/v1/{kind.collection}/{slug}", 404)


def test_a_draft_has_no_address(published: Corpus, kind: Kind) -> None:
    with published.write() as session:
        make_draft(session, kind)
    for collection in (kind.collection, "entries"):
        for key in ("a-draft", f"doi:10.1234/{SECRET}", f"https://example.org/{SECRET}"):
            for ending in ("", ".json", ".bib", ".ris", ".csv", ".csl", "?as=ris", "?include=contributors"):
                published.client.refused(f"/v1/{collection}/{key}{ending}", 404)


def test_whoever_is_named_by_drafts_alone_is_not_there(published: Corpus, kind: Kind) -> None:
    with published.write() as session:
        make_draft(session, kind)
    for address in HIDDEN:
        published.client.refused(f"/v1/{address}", 404)
    assert published.client.slugs("/v1/people") == ["known"]
    assert published.client.slugs("/v1/organisations") == []


def test_no_question_finds_a_draft(published: Corpus, kind: Kind) -> None:
    with published.write() as session:
        make_draft(session, kind)
    for query in (
        *(f"q={SECRET}", "q=hidden-person", f"q=10.1234/{SECRET}", f"q=-trust+{SECRET}", "q=-nothing"),
        *("topic=unused", "format=video", "year=1999", "issued__lte=2000", "slug=a-draft"),
        *(f"doi=10.1234/{SECRET}", "resource=download", "relation__exists=true", "funder__exists=true"),
    ):
        for collection in (kind.collection, "entries"):
            found = published.client.json(f"/v1/{collection}?{query}&facets=topic,format,contributor,year")
            assert "a-draft" not in str(found["results"])
            assert SECRET not in str(found["facets"])
    (error,) = published.client.refused("/v1/entries?contributor=hidden-person")["errors"]
    assert (error["code"], "suggestion" in error) == ("unknown-value", False)


def test_what_is_published_at_last_is_there_with_all_whom_it_names(published: Corpus, kind: Kind) -> None:
    with published.write() as session:
        make_draft(session, kind)
    with published.write() as session:
        change(session, kind, "a-draft")
    assert published.client.slugs(f"/v1/{kind.collection}?q={SECRET}") == ["a-draft"]
    for address in HIDDEN:
        assert published.client.get(f"/v1/{address}").status_code == 200
    (relation,) = published.client.json(f"/v1/{kind.collection}/open")["relations"]
    assert (relation["type"], relation["slug"]) == ("IsDescribedBy", "a-draft")
