"""Hidden labels of entries: words that people type, which the entry itself does not say. They are found, and shown
nowhere."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from sqlalchemy.orm import Session

from app.catalogue.kind import Kind
from app.catalogue.registry import ENTRY_KINDS
from app.exports.formats import FORMATS
from tests.api_keys import api_key_client
from tests.client import Client, problem
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, make_entry, make_organisation, make_publication, make_term, make_vocabulary

pytestmark = pytest.mark.one_engine

LABELS = ["How do marrows fare", "pumpkin-patch", 'the "best" vegetable, by far']


def fill(session: Session) -> None:
    add_details(session)
    make_organisation(session, slug="growers", name="Marrow Growers")
    for kind in ENTRY_KINDS:
        make_entry(session, kind, slug=f"{kind.name}-found", hidden_labels=LABELS)
    make_publication(session, slug="says", title="Notes", summary="Of marrows, once.")
    make_publication(session, slug="apart", title="Growers who have no marrow")
    make_publication(session, slug="titled", title="Growing well in towns")
    make_publication(session, slug="named", title="Allotments", hidden_labels=["Marrow Growers", "Growing"])
    make_publication(session, slug="garten", title="Im Garten", language="de", hidden_labels=["Gurken und Häuser"])
    make_publication(session, slug="spending", title="Sheds", hidden_labels=["money matters", "wheelbarrow", "zebra"])
    make_publication(session, slug="tables", title="Zebrawood tables")
    make_vocabulary(session, "synonym", "synonyms", synonym_rings=True)
    make_term(session, scheme="synonym", slug="squash", label="Courgettes", alternative_labels=["Zucchini"])
    make_publication(session, slug="ring", title="Zucchini")
    for number in range(3):
        make_publication(session, slug=f"hidden-{number}", hidden_labels=["courgettes"])


@pytest.fixture(scope="module")
def labelled(databases: Databases) -> Iterator[Corpus]:
    with closing(Corpus(databases.template("labelled", fill))) as kb:
        yield kb


def found(client: Client, text: str, collection: str = "publications") -> list[str]:
    return client.slugs(f"/v1/{collection}?q={quote(text, safe='')}")


class TestTheyAreFound:
    @pytest.mark.parametrize(
        "text", ["vegetables", "how do marrows fare?", "pumpkin patch", "pumpkinpatch", "vegetabel"]
    )
    def test_of_every_kind_by_their_words(self, labelled: Corpus, kind: Kind, text: str) -> None:
        assert f"{kind.name}-found" in found(labelled.client, text, str(kind.collection))

    def test_after_what_says_the_word_itself(self, labelled: Corpus) -> None:
        assert found(labelled.client, "marrows") == ["apart", "says", "publication-found", "named"]

    def test_in_the_language_of_the_entry_too(self, labelled: Corpus) -> None:
        assert found(labelled.client, "Haus") == ["garten"]

    def test_as_words_and_neither_as_a_phrase_nor_as_a_name_or_a_title(self, labelled: Corpus) -> None:
        assert found(labelled.client, '"marrows fare"') == []
        assert found(labelled.client, "growing") == ["titled", "named"]
        assert found(labelled.client, "Marrow Growers")[:2] == ["apart", "named"]

    def test_not_by_what_is_excluded(self, labelled: Corpus) -> None:
        assert found(labelled.client, "sheds NOT money") == ["spending"]
        assert found(labelled.client, "sheds -sheds") == []

    def test_and_the_words_of_a_ring_are_found_beside_them(self, labelled: Corpus) -> None:
        """Three entries have the word, but none says it."""
        assert {*found(labelled.client, "courgettes")} == {"ring", "hidden-0", "hidden-1", "hidden-2"}

    def test_where_fewer_words_are_enough_unless_everyday_ones_alone(self, labelled: Corpus) -> None:
        assert found(labelled.client, "wheelbarrow zwieback") == ["spending"]
        assert found(labelled.client, "money zwieback") == []

    def test_but_a_word_that_may_be_unfinished_is_not_taken_for_one_of_theirs(self, labelled: Corpus) -> None:
        page = labelled.client.json("/v1/publications?q=tables+zebra")
        assert page["meta"]["did_you_mean"] == "tables zebrawood"
        assert page["results"][0]["slug"] == "tables"


class TestTheyAreNotShown:
    def test_in_completion_highlights_or_related_entries(self, labelled: Corpus) -> None:
        client = labelled.client
        assert client.json("/v1/autocomplete?q=pumpkin")["results"] == []
        (first, *_) = client.json("/v1/publications?q=vegetable&highlight=true")["results"]
        assert first["highlights"] == {"title": [], "text": [], "members": []}
        related = client.json("/v1/publications/publication-found/related")["results"]
        assert not [each for each in related if ["words", ""] in each["because"]]

    @pytest.mark.parametrize("name", [each.name for each in FORMATS.values() if "record" in each.views])
    def test_in_citations_and_tables(self, labelled: Corpus, name: str) -> None:
        answer = labelled.client.get(f"/v1/publications/publication-found?as={name}")
        assert answer.status_code == 200
        assert "umpkin" not in answer.text

    @pytest.mark.parametrize(
        "path", ["/v1/publications.feed.json", "/v1/publications.atom", "/publications/publication-found"]
    )
    def test_in_feeds_and_on_pages(self, labelled: Corpus, path: str) -> None:
        answer = labelled.client.get(path, accept="text/html")
        assert answer.status_code == 200
        assert "umpkin" not in answer.text


def test_there_may_be_fifty_of_them(kb: Corpus) -> None:
    editor = api_key_client(kb)
    given = {"slug": "one", "title": "One", "terms": {"format": ["article"]}, "hidden_labels": ["word"] * 51}
    (error,) = problem(editor("POST", "/v1/staff/publications", json=given), 422)["errors"]
    assert error["pointer"] == "/hidden_labels"
    made = editor.request_json("POST", "/v1/staff/publications", 201, json={**given, "hidden_labels": ["word"] * 50})
    assert len(made["data"]["hidden_labels"]) == 50
