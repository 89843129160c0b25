"""What is near in meaning, in the list of what words find; the model is one that knows three words."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from urllib.parse import quote

import pytest
from pyroaring import BitMap

from app import main
from app.kit.json_types import JsonObject
from app.kit.system.extras import MissingExtra
from app.search.index.fusion import fuse
from app.search.meaning.model import Passages, load_meaning_model
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, make_person, make_publication

pytestmark = pytest.mark.one_engine

MEANINGS = {"staff": "people", "workers": "people", "exhausted": "tired", "weary": "tired"}


class ThreeWords:
    """Texts are near that share a meaning: the more, the nearer."""

    def compare(self, passages: Mapping[int, str]) -> Passages:
        return Read({ident: self.meanings(text) for ident, text in passages.items()})

    @staticmethod
    def meanings(text: str) -> frozenset[str]:
        return frozenset(MEANINGS[word] for word in text.lower().replace(".", "").split() if word in MEANINGS)


class Read:
    def __init__(self, meanings: dict[int, frozenset[str]]) -> None:
        self._meanings = meanings

    def nearest(self, text: str, within: BitMap, most: int) -> list[int]:
        shared = {
            ident: len(its & ThreeWords.meanings(text)) for ident, its in self._meanings.items() if ident in within
        }
        return sorted((ident for ident, count in shared.items() if count), key=lambda ident: (-shared[ident], ident))[
            :most
        ]


@pytest.fixture(scope="module")
def kb(databases: Databases) -> Iterator[Corpus]:
    """Entries in the model's words, by a person whose name is one of them."""
    url = databases.template("details", add_details)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(main, "load_meaning_model", ThreeWords)
        found = Corpus(url, meaning=True)
    with found.write() as session:
        make_person(session, slug="ada", name="Ada Weary")
        make_publication(session, slug="both", title="Weary staff", terms={"format": ["book"]})
        make_publication(session, slug="one", title="Workers at sea", terms={"format": ["article"]})
        make_publication(session, slug="words", title="Exhausted engines", summary="Exhausted.")
        author = [{"agent": "people/ada", "role": "author"}]
        make_publication(session, slug="other", title="Gardens", terms={"format": ["article"]}, contributors=author)
    with closing(found):
        yield found


def search(kb: Corpus, text: str, more: str = "") -> JsonObject:
    answer: JsonObject = kb.client.json(f"/v1/publications?q={quote(text)}{more}")
    return answer


def slugs(answer: JsonObject) -> list[str]:
    return [each["slug"] for each in answer["results"]]


class TestFusion:
    def test_what_stands_high_in_both_lists_comes_first_and_words_before_meaning(self) -> None:
        assert fuse([1, 2, 3], [3, 4]) == [3, 1, 2, 4]
        assert fuse([1], [2]) == [1, 2]
        assert fuse([], [2, 1]) == [2, 1]


class TestTheList:
    def test_has_what_has_the_words_first_and_then_what_has_their_meaning(self, kb: Corpus) -> None:
        answer = search(kb, "exhausted")
        assert slugs(answer) == ["words", "both"]
        assert (answer["meta"]["count"], answer["meta"]["by_meaning"]) == (1, 1)

    def test_has_both_ranked_together_where_only_some_words_occur(self, kb: Corpus) -> None:
        answer = search(kb, "exhausted workers of zeppelins")
        assert answer["meta"]["matching"] == "some"
        assert slugs(answer) == ["words", "one", "both"]
        assert (answer["meta"]["count"], answer["meta"]["by_meaning"]) == (2, 1)

    def test_is_paged_as_a_whole(self, kb: Corpus) -> None:
        whole = slugs(search(kb, "exhausted workers of zeppelins"))
        pages = [search(kb, "exhausted workers of zeppelins", f"&per_page=1&page={page}") for page in (1, 2, 3)]
        assert [slug for page in pages for slug in slugs(page)] == whole
        assert [bool(page["links"]["next"]) for page in pages] == [True, True, False]

    def test_keeps_to_the_filters(self, kb: Corpus) -> None:
        assert slugs(search(kb, "exhausted", "&format=article")) == ["words"]
        assert slugs(search(kb, "exhausted", "&format=book")) == ["both"]

    def test_of_another_order_or_format_has_what_words_find_alone(self, kb: Corpus) -> None:
        assert slugs(search(kb, "exhausted", "&sort=title")) == ["words"]
        assert len(kb.client.get("/v1/publications.csv?q=exhausted").text.splitlines()) == 2

    @pytest.mark.parametrize("text", ["Ada Weary", '"exhausted"', "exhausted -gardens", "10.1234/exhausted", "gardens"])
    def test_has_none_by_meaning_for_names_phrases_identifiers_and_what_excludes(self, kb: Corpus, text: str) -> None:
        assert search(kb, text)["meta"]["by_meaning"] == 0

    def test_says_nothing_of_it_where_the_service_does_not_know_it(self, seeded: Corpus) -> None:
        assert "by_meaning" not in seeded.client.json("/v1/publications?q=exhausted")["meta"]


class TestThePage:
    def test_says_how_many_more_there_are(self, kb: Corpus) -> None:
        text = kb.client.get("/search?q=exhausted", accept="text/html").text
        assert "1 found, 1 more by their meaning." in text
        assert "Weary staff" in text


class TestTheExtra:
    def test_that_is_absent_is_missed_with_what_to_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "numpy", None)
        monkeypatch.delitem(sys.modules, "app.search.meaning.sentence_vectors", raising=False)
        with pytest.raises(
            MissingExtra, match=r"numpy is not installed\. Install the extra with `pip install \.\[meaning\]`"
        ):
            load_meaning_model()
