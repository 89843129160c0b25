"""What a text is taken for, before anything is looked up: clauses, their alternatives, and what is left out."""

import pytest

from app.search.text.acronyms import acronyms
from app.search.text.languages import stems_in
from app.search.text.query_parser import (
    EXPANDED,
    MAX_ALTERNATIVES,
    SURFACE,
    Clause,
    FullName,
    WordRun,
    composed,
    expand_synonyms,
    is_acronym,
    joined,
    match_whole_name,
    parse_text,
    plain,
    stems,
    unsearched,
)


def written(clause: Clause) -> str:
    """As somebody would type it, with `|` between alternatives."""
    runs = (f'"{run.text}"' if run.phrase else run.text for run in clause.runs)
    return ("-" if clause.negative else "") + "|".join(runs)


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("trust harm", ["trust", "harm"]),
        ("the trust", ["trust"]),
        ("the", ["the"]),
        ("the? trust", ["trust"]),
        ('"the" trust', ['"the"', "trust"]),
        ("the -trust", ["the", "-trust"]),
        ("NOT trust", ["-trust"]),
        ("NOT -trust", ["-trust"]),
        ("trust NOT harm", ["trust", "-harm"]),
        ("trust NOT harm care", ["trust", "-harm", "care"]),
        ("trust NOT", ["trust"]),
        ("trust AND harm", ["trust", "harm"]),
        ("OR trust", ["trust"]),
        ("trust OR", ["trust"]),
        ("trust OR harm OR care", ["trust|harm|care"]),
        ("trust OR harm care", ["trust|harm", "care"]),
        ("trust OR the harm", ["trust|the", "harm"]),
        ("trust OR -harm", ["trust", "-harm"]),
        ("-trust OR harm", ["-trust", "harm"]),
        ("or trust", ["trust"]),
        ("-", []),
        ("- trust", ["trust"]),
        ("trust -x", ["trust", "-x"]),
        ('"social care"', ['"social care"']),
        ('"social care', ['"social care"']),
        ('-"social care"', ['-"social care"']),
        ("either/or", ["either/or"]),
        ("trust/harm", ["trust", "harm"]),
        ("trust/harm OR care", ["trust/harm|care"]),
        ("CSE/CCE", ["CSE", "CCE"]),
        ("10.1234/abc", ["10.1234/abc"]),
        ("ESRC-funded", ["ESRC", "funded"]),
        ("co-production", ["co-production|coproduction"]),
        ('"co-production"', ['"co-production"']),
        ("U.S.A.", ["U.S.A.|USA"]),
        ("LSCPs", ["LSCPs|LSCP"]),
        ("(LSCP's)", ["(LSCP's)|LSCP"]),
        (" OR ".join(f"w{number}" for number in range(MAX_ALTERNATIVES + 1)), None),
    ],
)
def test_clauses(text: str, clauses: list[str] | None) -> None:
    most = "|".join(f"w{number}" for number in range(MAX_ALTERNATIVES))
    assert [written(each) for each in parse_text(text)] == ([most] if clauses is None else clauses)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DHSC", True), ("CaSe", True), ("(NHS)?", True), ("(NHSENG)?", True), ("NHSENG", True),
        ("NHSENGL", False), ("SAFEGUARD", False),
        ("hsc", True), ("hmpp", True), ("Nhs", True), ("care", False), ("Care", False), ("abcde", False),
    ],
)  # fmt: skip
def test_what_may_be_an_acronym(text: str, expected: bool) -> None:
    assert is_acronym(text) is expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Journal of Social Work", ["jsw", "josw"]),
        ("The Journal of Social Work", ["jsw", "josw"]),
        ("Care & Health Service Unit", ["chsu"]),
        ("Centre for Research, University of Sussex", ["cfr", "crus", "cfruos", "uos"]),
        ("Social Work", []),
        ("Big Ant Team", []),
        ("Alpha Beta Gamma Delta Epsilon Zeta", ["abgdez"]),
        ("Alpha Beta Gamma Delta Epsilon Zeta Eta", []),
        ("social work of trust", []),
    ],
)
def test_acronyms_of_names(text: str, found: list[str]) -> None:
    assert list(acronyms(text)) == found


@pytest.mark.parametrize(
    ("text", "stem", "is_bare", "is_letter", "is_year"),
    [
        ("2020", "2020", True, False, True),
        ("1999", "1999", True, False, True),
        ("3020", "3020", True, False, False),
        ("20200", "20200", True, False, False),
        ("b?", "b", True, True, False),
        ("trusts", "trust", True, False, False),
        ('"2020"', "2020", False, False, False),
        ("-trust", "trust", False, False, False),
        ("co-production", None, True, False, False),
        ("trust OR harm", None, False, False, False),
        ("social/care", "social", True, False, False),
    ],
)
def test_what_a_clause_is(text: str, stem: str | None, is_bare: bool, is_letter: bool, is_year: bool) -> None:
    clause = parse_text(text)[0]
    assert (clause.stem, clause.is_bare_word, clause.is_letter, clause.is_year) == (stem, is_bare, is_letter, is_year)


NAMES = {
    "hsc": FullName("health and social care"),
    "social work": FullName("social work practice", 1),
    "pre-trial": FullName("before a trial"),
    "care": FullName("health and social care"),
    "nhs": FullName("national health service", 1),
}


def names(text: str) -> list[FullName]:
    return [NAMES[text.lower()]] if text.lower() in NAMES else []


@pytest.mark.parametrize(
    ("text", "clauses", "are_names"),
    [
        ("hsc trust", ['hsc|"health and social care"', "trust"], [True, False]),
        ("trust social work", ["trust", 'social work|"social work practice"'], [False, True]),
        ("social work hsc", ['social work|"social work practice"', 'hsc|"health and social care"'], [True, True]),
        ("social -work", ["social", "-work"], [False, False]),
        ('"hsc"', ['"hsc"'], [False]),
        ("pre-trial", ['pre-trial|pretrial|"before a trial"'], [False]),
        ("care nhs", ['care|"health and social care"', 'nhs|"national health service"'], [False, False]),
        ("social harm work", ["social", "harm", "work"], [False] * 3),
    ],
)
def test_names_in_a_text_are_found_with_their_full_ones(text: str, clauses: list[str], are_names: list[bool]) -> None:
    found = expand_synonyms(parse_text(text), names)
    assert [written(each) for each in found] == clauses
    assert [each.is_name for each in found] == are_names


def test_a_whole_text_that_is_a_name_is_one_clause() -> None:
    assert match_whole_name(" social   work? ", names) == (
        Clause((WordRun("social work"), WordRun("social work practice", phrase=True))),
    )
    assert match_whole_name("hsc", names)[0].runs[1].weight == EXPANDED
    assert match_whole_name("hsc trust", names) == ()


def test_words_that_are_not_searched_are_named_once() -> None:
    assert unsearched("the trust, the of? harm", parse_text("trust")) == ("the", "of", "harm")
    assert unsearched('"social care" AND trusts -', parse_text("social care trust")) == ()


def test_stems_leave_small_words_out_unless_there_are_no_others() -> None:
    assert stems("the trusts of co-production") == {"trust", "co", "product"}
    assert stems("the of") == {"the", "of"}
    assert joined("co-production and self\u2010harm") == ["coproduction", "selfharm"]


@pytest.mark.parametrize(
    ("text", "in_one_spelling", "without_marks"),
    [
        ("'Children's'", "'Childrens'", "'Childrens'"),
        ("Caf\u00e9\u2019s", "Caf\u00e9s", "Cafes"),
        ("Cafe\u0301", "Caf\u00e9", "Cafe"),
        ("\u00e9\u00adlan\u200b", "\u00e9lan", "elan"),
        ("\u043c\u043e\u0439", "\u043c\u043e\u0439", "\u043c\u043e\u0439"),
        ("\u05e9\u05b8\u05dc", "\u05e9\u05b8\u05dc", "\u05e9\u05dc"),
        ("\u65e5\u672c", "\u65e5\u672c", " \u65e5  \u672c "),
    ],
)
def test_one_spelling(text: str, in_one_spelling: str, without_marks: str) -> None:
    """Apostrophes, invisible characters, accents in two forms, vowel signs, and no spaces between words."""
    assert composed(text) == in_one_spelling
    assert plain(text) == without_marks


def test_words_of_fewer_than_sixty_letters_are_searched() -> None:
    assert [len(SURFACE.analyze("a" * length)) for length in (59, 60)] == [1, 0]
    assert [len(stems_in("de", "a" * length)) for length in (59, 60)] == [1, 0]
