"""No sequence of characters is an error, or more than bounded work."""

from collections.abc import Iterable
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from app.kit.text.characters import MAX_LENGTH
from app.kit.text.markdown import markdown_to_text
from app.search.text.highlighter import SearchedWords, highlight
from app.search.text.query_parser import HYPHENATED, MAX_ALTERNATIVES, MAX_TOKENS, Clause, FullName, parse_text
from app.search.words import word_search
from app.search.words.corrections import MAX_CORRECTED
from app.search.words.word_index import MAX_CLAUSES
from app.search.words.word_search import MAX_PHRASES, MAX_WORDS, bounded, parse_clauses, search_words
from tests.client import Client, problem
from tests.corpus import Corpus

pytestmark = pytest.mark.one_engine

MAX_COUNT = MAX_LENGTH
MAX_IN_AN_ADDRESS = 8192
AWKWARD = (
    *"\"'*?:^~\\/+-!(){}[]<>|&#%@=;,.$`_",
    "title:innovation",
    "*:*",
    "inn*vat?on",
    "innovation~2",
    "innovation^4",
    "[a TO z]",
    "{a TO *}",
    "+innovation -",
    "AND",
    "OR",
    "NOT",
    "OR OR OR",
    "-",
    "--",
    "-OR",
    "a OR",
    "OR b",
    "a OR -b",
    '"',
    '""',
    '-""',
    '"unbalanced',
    'un"balanced" quo"tes',
    '"" OR ""',
    "((((innovation",
    "innovation))))",
    "\\",
    "\\\\innovation\\",
    "'; DROP TABLE document; --",
    "<script>alert(1)</script>",
    "<mark>innovation</mark>",
    "&lt;innovation&gt;",
    "${jndi:ldap://127.0.0.1/a}",
    "{{7*7}}",
    "%00%0a",
    "😀",
    "👩‍👩‍👧‍👦 innovation 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "ابتكار في الرعاية",
    "חדשנות בטיפול",
    "\u202einnovation\u202c",
    "inno\u200bvation",
    "\u200b\u200d\ufeff",
    "社会福祉の革新",
    "ﬁnding ① ½ Ⅷ",
    "e\u0301thique",
    "İıſß",
    "Z̸̢̛̲̖̈́a̷l̶g̵o",
    "\u2028\u2029",
    "10.",
    "10.1093/",
    "978",
    "https://",
    "http://[",
    "//",
    "urn:isbn:",
)
LONG = {
    "one word": "a" * MAX_COUNT,
    "one word after a hyphen": "-" + "a" * (MAX_COUNT - 1),
    "one word, a slash, one letter": "a" * (MAX_COUNT - 2) + "/b",
    "many words": ("innovation " * MAX_COUNT)[:MAX_COUNT],
    "many different words": " ".join(map(str, range(10_000)))[:MAX_COUNT],
    "many quotes": '"' * MAX_COUNT,
    "many phrases": ('"social care" ' * MAX_COUNT)[:MAX_COUNT],
    "one phrase": '"' + ("social care " * MAX_COUNT)[: MAX_COUNT - 1],
    "many alternatives": ("ethics OR trust OR " * MAX_COUNT)[:MAX_COUNT],
    "many different alternatives": " OR ".join(map(str, range(10_000)))[:MAX_COUNT],
    "many hyphens": ("a-" * MAX_COUNT)[:MAX_COUNT],
    "hyphens alone": "-" * MAX_COUNT,
    "many exclusions": ("-innovation -care " * MAX_COUNT)[:MAX_COUNT],
    "many different exclusions": " -".join(map(str, range(10_000)))[:MAX_COUNT],
    "many different words and exclusions": " ".join(f"{number} -{number}0" for number in range(1_000, 2_000))[
        :MAX_COUNT
    ],
    "many apostrophes": ("a'" * MAX_COUNT)[:MAX_COUNT],
    "many dots": ("a." * MAX_COUNT)[:MAX_COUNT],
    "many slips": ("inovation safegarding " * MAX_COUNT)[:MAX_COUNT],
    "many marks": "e" + "\u0301" * (MAX_COUNT - 1),
    "many emoji": "😀" * MAX_COUNT,
    "stop words": ("what is the " * MAX_COUNT)[:MAX_COUNT],
}


class NoSynonyms:
    def full_names(self, text: str) -> tuple[FullName, ...]:
        return ()

    holding = labelled = full_names

    def described(self, ids: BitMap) -> tuple[FullName, ...]:
        return ()

    def has_names_with(self, requested: Iterable[str]) -> bool:
        return False

    def is_family_name(self, text: str) -> bool:
        return False


def size(clauses: tuple[Clause, ...]) -> int:
    """Words that the engine is asked for."""
    return sum(len(run.tokens) for clause in clauses for run in clause.runs)


class Only(HTMLParser):
    """What is left of a fragment, and which elements were in it."""

    def __init__(self, fragment: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.elements, self.open = "", set[str](), 0
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.elements.add(tag)
        self.open += 1

    def handle_endtag(self, tag: str) -> None:
        self.elements.add(tag)
        self.open -= 1

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        pytest.fail("a comment")

    def handle_decl(self, decl: str) -> None:
        pytest.fail("a declaration")


def assert_safe(fragment: str, text: str) -> None:
    """Nothing but closed `<mark>`s, around a piece of the text."""
    shown = Only(fragment)
    assert shown.elements <= {"mark"}
    assert shown.open == 0
    assert shown.text.removeprefix("…").removesuffix("…") in text


def refused(client: Client, path: str, text: str | None = None) -> str:
    """The code of the one fault; a text goes into the body of a search."""
    method, body = ("GET", None) if text is None else ("POST", {"q": text})
    (fault,) = problem(client.request(method, path, json=body), 400)["errors"]
    return str(fault["code"])


class TestAnyText:
    @pytest.mark.parametrize("text", AWKWARD)
    @pytest.mark.parametrize("collection", ["entries", "publications", "topics"])
    def test_is_no_error_in_a_list(self, seeded: Corpus, collection: str, text: str) -> None:
        page = seeded.client.json(f"/v1/{collection}?highlight=true&q={quote(text, safe='')}")
        assert page["meta"]["count"] >= len(page["results"])

    @pytest.mark.parametrize("text", AWKWARD)
    def test_is_no_error_in_a_tree_or_in_completion(self, seeded: Corpus, text: str) -> None:
        assert seeded.client.search("entries", {"q": text})["meta"]["count"] >= 0
        if text.strip():
            assert len(seeded.client.json(f"/v1/autocomplete?q={quote(text, safe='')}")["results"]) <= 10

    @pytest.mark.parametrize("text", LONG.values(), ids=LONG)
    def test_may_be_as_long_as_the_limit(self, seeded: Corpus, text: str) -> None:
        assert len(text) == MAX_COUNT
        assert seeded.client.search("entries", {"q": text})["meta"]["count"] >= 0
        assert len(seeded.client.json(f"/v1/autocomplete?q={quote(text[:200], safe='')}")["results"]) <= 10

    def test_is_refused_where_it_is_longer(self, seeded: Corpus) -> None:
        assert refused(seeded.client, "/v1/entries/search", "a" * (MAX_COUNT + 1)) == "too-long"
        assert refused(seeded.client, f"/v1/autocomplete?q={'a' * 201}") == "too-long"
        problem(seeded.client.get(f"/v1/entries?q={'a' * MAX_IN_AN_ADDRESS}"), 414)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
    def test_of_any_characters_finds_what_it_then_ranks(self, seeded: Corpus, text: str) -> None:
        """Ranked are exactly the documents that were found: none is lost on the way to the page."""
        found = seeded.snapshot.find(text)
        ranked = found.ranked(seeded.snapshot.words, found.ids, len(found.ids))
        assert sorted(ranked) == [*found.ids]


class TestWork:
    @pytest.mark.parametrize("text", LONG.values(), ids=LONG)
    def test_is_bounded(self, seeded: Corpus, text: str) -> None:
        clauses = search_words(seeded.snapshot.words, text, NoSynonyms(), ()).clauses
        assert len(clauses) <= 2 * MAX_CLAUSES
        assert all(len(clause.runs) <= MAX_ALTERNATIVES + 1 for clause in clauses)
        assert all(len(run.tokens) <= MAX_TOKENS for clause in clauses for run in clause.runs)
        runs = [run for clause in clauses for run in clause.runs]
        assert size(clauses) <= 2 * MAX_WORDS
        assert sum(run.phrase and len(run.tokens) > 1 for run in runs) <= MAX_PHRASES

    def test_of_phrases_beyond_the_fourth_goes_into_their_words(self, seeded: Corpus) -> None:
        text = " OR ".join(f'"{one} {other}"' for one, other in pairwise("abcdefgh"))
        runs = [
            run
            for clause in bounded(seeded.snapshot.words, parse_clauses(text, lambda name: ()))
            for run in clause.runs
        ]
        assert [run.phrase for run in runs] == [True] * 4 + [False] * 3
        assert [run.text for run in runs][4:] == ["e f", "f g", "g h"]

    def test_of_phrases_of_frequent_words_goes_into_one(self, seeded: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(word_search, "MAX_PASSED", 3)
        text = '"innovation care" "social care" "zzyzx care"'
        clauses = bounded(seeded.snapshot.words, parse_clauses(text, lambda name: ()))
        assert [clause.runs[0].phrase for clause in clauses] == [True, False, False]

    def test_of_a_passage_goes_into_its_rarest_words(self, seeded: Corpus) -> None:
        passage = " ".join(["social", "care", "innovation", *map(str, range(500)), "cuckooing", "ethnography"])
        clauses = search_words(seeded.snapshot.words, passage, NoSynonyms(), ()).clauses
        assert {"cuckooing", "ethnography"} <= {clause.runs[0].text for clause in clauses}

    def test_of_correcting_is_bounded(self, seeded: Corpus) -> None:
        slips = [f"safe{letter}guarding" for letter in "abchijklmnopqtvwxyz"]
        corrected = seeded.snapshot.words.corrections.correct(" ".join(slips))
        assert corrected is not None
        assert corrected.split().count("safeguarding") == MAX_CORRECTED

    def test_of_one_long_word_grows_with_its_length_alone(self) -> None:
        """No part of a word is tried as the beginning of one."""
        assert HYPHENATED.findall("a" * 100_000) == []
        assert HYPHENATED.findall("a" * 50_000 + "-b") == ["a" * 50_000 + "-b"]

    def test_of_reading_is_nothing_for_nothing(self) -> None:
        assert parse_text('"" - -- !') == ()
        assert parse_clauses("", lambda name: ()) == ()


class TestHighlights:
    TEXTS = (
        "Innovation & <b>care</b> \"quoted\" 'too' <script>alert('innovation')</script>",
        "innovation" + " & < > \" ' " * 60 + "innovation",
        "&lt;innovation&gt; &amp;innovation; <!-- innovation --> <![CDATA[innovation]]>",
        "😀 innovation 👩‍👩‍👧‍👦 ابتكار innovation\u202e",
        "innovation" * 700,
        "Children’s innovation – children's INNOVATION, innovations; innovating",  # noqa: RUF001
    )

    @pytest.mark.parametrize("text", TEXTS)
    def test_are_pieces_of_the_text_and_safe(self, text: str) -> None:
        searched = SearchedWords(parse_text("innovation children's b script amp lt"))
        fragments = highlight([text], searched)
        assert len(fragments) <= 3
        for fragment in fragments:
            assert_safe(fragment, text)

    @settings(max_examples=200, deadline=None)
    @given(st.text("abc <>&\"'-/=!;…\u200b😀é", max_size=400))
    def test_of_any_text_are_safe(self, text: str) -> None:
        for fragment in highlight([text], SearchedWords(parse_text("a bc abc"))):
            assert "<mark>" in fragment
            assert_safe(fragment, text)

    @pytest.mark.parametrize("text", ["innovation", "<mark>", "child's & care", '"social care" -video', "safegarding"])
    def test_in_answers_are_pieces_of_the_entry(self, seeded: Corpus, text: str) -> None:
        page = seeded.client.json(f"/v1/entries?highlight=true&per_page=100&q={quote(text, safe='')}")
        for entry in page["results"]:
            whole = str(entry["highlights"])
            alone = seeded.client.json(entry["url"])
            body = "\n".join(markdown_to_text(alone.get(name, "")) for name in ("body", "introduction"))
            for fragment in (*entry["highlights"]["title"], *entry["highlights"]["text"]):
                assert_safe(fragment, "\n".join((*strings(entry), body)))
            assert "<script" not in whole

    def test_mark_what_was_meant_by_a_slip_and_nothing_excluded(self) -> None:
        searched = SearchedWords(parse_text('safeguarding "social care" -video'))
        assert highlight(["A video on safeguarding in social care"], searched) == [
            "A video on <mark>safeguarding</mark> in <mark>social</mark> <mark>care</mark>"
        ]

    def test_mark_the_words_of_a_phrase_only_where_they_follow_each_other(self) -> None:
        searched = SearchedWords(parse_text('"power and trust"'))
        assert highlight(["Power and risk, trust and power"], searched) == []
        (fragment,) = highlight(["On power and trust, and power"], searched)
        assert fragment == "On <mark>power</mark> <mark>and</mark> <mark>trust</mark>, and power"

    def test_show_where_a_long_text_was_cut(self) -> None:
        text = "word " * 60 + "innovation" + " word" * 60
        (fragment,) = highlight([text], SearchedWords(parse_text("innovation")))
        assert fragment.startswith("…")
        assert fragment.endswith("…")
        assert "<mark>innovation</mark>" in fragment


def strings(value: object) -> list[str]:
    """Every text in a document, keys left out."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []
