"""What stands where a name might and is none that is here: refused at its place, beside all else that is wrong."""

from typing import Any

import pytest

from app.catalogue.registry import BY_NAME
from app.kit.errors import MAX_ERRORS, ErrorDetail, Invalid
from app.staff.editing.named_inputs import MAX_CHOICES, MAX_NAMED, read_input, resolve_names
from tests.corpus import Corpus
from tests.factories import make_organisation, make_person, make_publication

PUBLICATION, PERSON, COLLECTION, TERM = (BY_NAME[name] for name in ("publication", "person", "collection", "term"))


def errors(kb: Corpus, kind: Any, data: dict[str, Any], scheme: str | None = None) -> list[ErrorDetail]:
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        read_input(session, kind, data, scheme=scheme)
    return [*refusal.value.errors]


def told(found: list[ErrorDetail]) -> list[tuple[str | None, str, str]]:
    return [(each.pointer, each.code, each.message) for each in found]


def test_each_says_what_it_should_have_named(kb: Corpus) -> None:
    naming = {
        "title": "A study",
        "contributors": [{"agent": "Nobody Here", "role": "author"}],
        "relations": [{"type": "Cites", "target": "No Such Book"}],
        "terms": {"topic": ["Trust", "Nothing Like It"]},
    }
    assert told(errors(kb, PUBLICATION, naming)) == [
        ("/terms/topic/1", "unknown-name", "There is no topic of this name."),
        ("/contributors/0/agent", "unknown-name", "There is no person or organisation of this name."),
        ("/relations/0/target", "unknown-name", "There is no entry of this name."),
    ]
    person = {"name": "Ada Example", "affiliations": [{"organisation": "No Such Trust"}]}
    message = "There is no organisation of this name."
    assert told(errors(kb, PERSON, person)) == [("/affiliations/0/organisation", "unknown-name", message)]
    sections = [{"heading": "First", "entries": []}, {"heading": "Second", "entries": [{"entry": "No Such Book"}]}]
    message = "There is no entry of this name."
    pointer = "/sections/1/entries/0/entry"
    assert told(errors(kb, COLLECTION, {"title": "Ours", "sections": sections})) == [(pointer, "unknown-name", message)]


def test_names_and_references_of_a_term_are_refused_together(kb: Corpus) -> None:
    term = {"scheme": "topic", "label": "Online trust", "broader": "nothing", "related": ["trust", "Nothing Like It"]}
    assert told(errors(kb, TERM, term, "topic")) == [
        ("/related/1", "unknown-name", "There is no topic of this name."),
        ("/broader", "unknown-reference", "There is no such term in the vocabulary 'topic'."),
    ]


def test_references_of_every_form_are_looked_for_beside_names(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada")
    agents = ("Nobody Here", "people/ada", "people/nobody", "publications/nothing", "no-such/thing")
    targets = ("publications/nothing", "no-such/thing")
    found = errors(
        kb,
        PUBLICATION,
        {
            "title": "A study",
            "contributors": [{"agent": agent, "role": "author"} for agent in agents],
            "relations": [{"type": "Cites", "target": target} for target in targets],
        },
    )
    assert [(each.pointer, each.code) for each in found[:4]] == [
        ("/contributors/0/agent", "unknown-name"),
        ("/contributors/2/agent", "unknown-reference"),
        ("/relations/0/target", "unknown-reference"),
        ("/relations/1/target", "unknown-reference"),
    ]
    assert found[1].message == "There is no such person."
    assert found[2].message == "There is no such publication."


def test_the_first_of_many_that_have_a_name_are_its_choices(kb: Corpus) -> None:
    with kb.write() as session:
        slugs = [make_publication(session, title="A study").slug for _ in range(MAX_CHOICES + 1)]
    [error] = errors(kb, PUBLICATION, {"title": "Of it", "relations": [{"type": "Cites", "target": "A study"}]})
    assert (error.code, error.message) == ("ambiguous", "Several have this name: choose the entry that you mean.")
    assert error.allowed == tuple(f"publications/{slug}" for slug in slugs[:MAX_CHOICES])


def test_the_form_is_refused_beside_references_and_a_slug_that_is_none(kb: Corpus) -> None:
    wrong = {"issued": "some day", "contributors": [{"agent": "people/nobody", "role": "author"}]}
    found = [(each.pointer, each.code) for each in errors(kb, PUBLICATION, {"title": "A study", **wrong})]
    assert found == [("/contributors/0/agent", "unknown-reference"), ("/issued", "invalid-value")]
    found = [(each.pointer, each.code) for each in errors(kb, PUBLICATION, {"slug": "No slug", "title": "", **wrong})]
    assert {pointer for pointer, _ in found} == {"/slug", "/title", "/issued", "/contributors/0/agent"}
    found = [(each.pointer, each.code) for each in errors(kb, PUBLICATION, wrong | {"related": ["Some Name"]})]
    assert {pointer for pointer, _ in found} == {"/title", "/related", "/issued", "/contributors/0/agent"}


def test_what_is_there_is_not_refused_beside_a_name_that_is_not(kb: Corpus) -> None:
    with kb.write() as session:
        make_organisation(session, slug="trust")
    person = {"name": "Ada", "affiliations": [{"organisation": "trust"}, {"organisation": "No Such Trust"}]}
    [error] = errors(kb, PERSON, person)
    assert error.pointer == "/affiliations/1/organisation"
    term = {"scheme": "topic", "label": "Hope", "replaced_by": "stages/first", "related": ["Nothing Like It"]}
    [error] = errors(kb, TERM, term, "topic")
    assert error.pointer == "/related/0"


def test_of_more_errors_than_are_listed_it_is_said_that_there_are_more(kb: Corpus) -> None:
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        read_input(session, PUBLICATION, {"contributors": [1] * (MAX_ERRORS + 5)})
    assert len(refusal.value.errors) == MAX_ERRORS
    assert "There are more errors" in str(refusal.value.detail)


def test_a_name_that_is_not_known_whole_is_the_name_of_nobody(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada", name="Ada")
        make_person(session, slug="firmin", name="Dr Firmin", family="Firmin")
    for name in ("None, None", "Firmin, None", "Ad", "Ada, "):
        [error] = errors(kb, PUBLICATION, {"title": "A study", "contributors": [{"agent": name, "role": "author"}]})
        assert (error.code, error.pointer) == ("unknown-name", "/contributors/0/agent")


def test_an_organisation_is_named_as_it_is_referred_to_there(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="person", name="Example Trust")
        make_organisation(session, slug="trust", name="Example Trust")
        person = {"name": "Ada Example", "affiliations": [{"organisation": "example trust"}]}
        data, notices = read_input(session, PERSON, person)
    assert data.affiliations[0].organisation == "trust"
    assert notices == ["Matched by its name: trust."]


def test_no_more_names_are_looked_up_than_a_body_needs(kb: Corpus) -> None:
    with kb.read() as session:
        named = resolve_names(session, {"terms": {"topic": ["Trust"] * (MAX_NAMED + 1)}})
    assert named.data["terms"]["topic"] == ["trust"] * MAX_NAMED + ["Trust"]
    assert len(named.notices) == MAX_NAMED


@pytest.mark.parametrize(
    ("kind", "data", "pointer"),
    [
        ("publication", {"contributors": [5]}, "/contributors/0"),
        ("publication", {"contributors": "ada"}, "/contributors"),
        ("publication", {"contributors": [{"agent": 5, "role": "author"}]}, "/contributors/0/agent"),
        ("publication", {"contributors": [{"agent": " ", "role": "author"}]}, "/contributors/0/agent"),
        ("publication", {"terms": []}, "/terms"),
        ("publication", {"terms": {"topic": 5}}, "/terms/topic"),
        ("publication", {"terms": {"topic": "trust"}}, "/terms/topic"),
        ("publication", {"terms": {"topic": [5]}}, "/terms/topic/0"),
        ("collection", {"sections": 5}, "/sections"),
        ("collection", {"sections": [5]}, "/sections/0"),
        ("collection", {"sections": [{"heading": 5}]}, "/sections/0/heading"),
        ("collection", {"sections": [{"heading": "One", "entries": [5]}]}, "/sections/0/entries/0"),
    ],
)
def test_what_is_no_name_at_all_is_refused_as_what_it_is(kb: Corpus, kind: str, data: Any, pointer: str) -> None:
    found = errors(kb, BY_NAME[kind], {"title": "A study", **data})
    assert pointer in [each.pointer for each in found]
    assert {each.code for each in found} <= {"wrong-type", "invalid-value", "missing"}


def test_what_was_sent_is_left_as_it_was(kb: Corpus) -> None:
    """Whoever sent it may be shown it again."""

    def sent() -> tuple[dict[str, Any], dict[str, Any]]:
        section = {"heading": "First", "entries": [{"entry": "Listed"}]}
        entry = {"title": "A study", "terms": {"topic": ["Trust"]}, "sections": [section]}
        entry["elements"] = [{"title": "One"}]
        return entry | {"contributors": [{"agent": "Ada Example"}]}, {"label": "Hope", "related": ["Trust"]}

    entry, term = sent()
    with kb.write() as session:
        make_person(session, slug="ada")
        make_publication(session, title="Listed")
        named = resolve_names(session, entry)
        assert named.data["contributors"] == [{"agent": "people/ada"}]
        for kind, data, scheme in ((COLLECTION, entry, None), (TERM, term, "topic")):
            with pytest.raises(Invalid):
                read_input(session, kind, {**data, "colour": "red"}, scheme=scheme)
    assert (entry, term) == sent()
