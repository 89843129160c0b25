"""The longer text of an entry, and its hidden labels: in its own document, in lists where they are selected, and among
the words."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from app.catalogue.kind import Kind
from app.catalogue.registry import ENTRY_KINDS
from tests.api_keys import api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, make_entry

pytestmark = pytest.mark.one_engine

LONG = ("body", "hidden_labels")
BODY = '## What it "argues"\n\nThat *heliotropes* turn, with a [link](https://example.org/a "and\\\\a title").'
LABELS = ['Plain "words", as', "[people]} type\\\\ them"]


@pytest.fixture(scope="module")
def corpus(databases: Databases) -> Iterator[Corpus]:
    """An entry of each kind with a text, and a framework whose element has one."""
    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url)) as kb:
        with kb.write() as session:
            for kind in ENTRY_KINDS:
                element = {"slug": "one", "type": "stage", "title": "One", "body": "Long and *winding*."}
                own: dict[str, Any] = {"elements": [element]} if "elements" in kind.input.model_fields else {}
                own["relations"] = _related(kind.name)
                make_entry(session, kind, slug=f"{kind.name}-long", body=BODY, hidden_labels=LABELS, **own)
        yield kb


def _related(name: str) -> list[dict[str, str]]:
    first = ENTRY_KINDS[0]
    return [] if name == first.name else [{"type": "Describes", "target": f"{first.collection}/{first.name}-long"}]


def test_an_entry_has_its_text_and_lists_do_not(corpus: Corpus, kind: Kind) -> None:
    alone = corpus.client.json(f"/v1/{kind.collection}/{kind.name}-long")
    assert (alone["body"], alone["hidden_labels"]) == (BODY, LABELS)
    for path in (f"/v1/{kind.collection}", "/v1/entries", f"/v1/{kind.collection}?group_by=format"):
        page = corpus.client.json(path)
        shown = [*page["results"], *(each for group in page.get("groups", ()) for each in group["results"])]
        (found,) = (each for each in shown if each["kind"] == kind.name)
        assert found == _without_texts({name: value for name, value in alone.items() if name != "links"})
    (selected,) = corpus.client.json(f"/v1/{kind.collection}?select=slug,body")["results"]
    assert selected == {"slug": f"{kind.name}-long", "body": BODY}
    (selected,) = corpus.client.json(f"/v1/{kind.collection}?select=hidden_labels")["results"]
    assert selected == {"hidden_labels": LABELS}


def _without_texts(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_texts(each) for name, each in value.items() if name not in LONG}
    return [_without_texts(each) for each in value] if isinstance(value, list) else value


def test_elements_have_texts_of_their_own(corpus: Corpus) -> None:
    (element,) = corpus.client.json("/v1/frameworks/framework-long")["elements"]
    assert element["body"] == "Long and *winding*."
    (listed,) = corpus.client.json("/v1/frameworks")["results"]
    assert "body" not in listed["elements"][0]


def test_what_is_included_or_related_is_as_in_lists(corpus: Corpus) -> None:
    whole = corpus.client.json("/v1/frameworks/framework-long?include=relations")
    assert whole["body"] == BODY
    assert set(LONG).isdisjoint(whole["relations"][0]["document"])
    for each in corpus.client.json("/v1/frameworks/framework-long/related")["results"]:
        assert set(LONG).isdisjoint(each["document"])


def test_its_words_are_searched_and_its_addresses_are_not(corpus: Corpus) -> None:
    found = corpus.client.json("/v1/entries?q=heliotropes&highlight=true")
    assert found["meta"]["count"] == len(ENTRY_KINDS)
    (fragment,) = found["results"][0]["highlights"]["text"]
    assert "<mark>heliotropes</mark>" in fragment
    assert "example.org" not in fragment
    assert corpus.client.json("/v1/entries?q=winding")["meta"]["count"] == 1


def test_csv_has_a_column_for_it(corpus: Corpus) -> None:
    assert '"## What it ""argues""' in corpus.client.get("/v1/publications.csv").text


def test_what_is_outside_the_subset_is_refused_with_its_place(kb: Corpus) -> None:
    editor = api_key_client(kb)
    given = {"slug": "one", "title": "One", "terms": {"format": ["article"]}, "body": "Fine.\n\n<b>not</b>"}
    (error,) = problem(editor("POST", "/v1/staff/publications", json=given), 422)["errors"]
    assert error["pointer"] == "/body"
    assert "line 3: HTML is not allowed" in error["message"]
