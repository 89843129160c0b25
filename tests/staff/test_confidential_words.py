"""Nothing is published that says a word to avoid, however it comes about; a refusal points, and says no word."""

from typing import Any

import pytest

from app.catalogue.kind import Kind
from app.catalogue.registry import BY_NAME, ENTRY_KINDS
from app.kit.errors import Invalid
from app.staff.editing.writer import Change, save
from app.staff.maintenance.rebuilding import rebuild
from tests.api_keys import ApiKeyClient
from tests.corpus import Corpus
from tests.factories import EDITOR, NOW, change, make_entry, make_organisation, make_term, withdraw
from tests.staff.confidential_site import KIND, NAME, OTHERS, WORD, hidden, keep, make, place

TIE: dict[str, Any] = {"relations": [{"type": "IsPartOf", "target": place("place-a")}]}
TOLD = f"We met the {WORD}s of the town."


def refused(kb: Corpus, kind: Kind, **values: Any) -> list[str | None]:
    """The places that a refusal to publish something new points to."""
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        make_entry(session, kind, **values)
    text = f"{refusal.value} {refusal.value.errors}".lower()
    assert WORD not in text
    assert "zedmouth" not in text
    return [fault.pointer for fault in refusal.value.errors]


PLACES: dict[str, dict[str, Any]] = {
    "/title": {"title": f"The {WORD.upper()}'S tale"},
    "/alternative_titles/1": {"alternative_titles": ["Other", "Zed-mouth  harbours"]},
    "/summary": {"summary": "In Zédmouth Harbour."},
    "/slug": {"slug": f"the-{WORD}", "title": "A tale"},
    "/resources/0/url": {"resources": [{"type": "view", "url": f"https://example.org/{WORD}.html"}]},
    "/resources/0/label": {"resources": [{"type": "view", "url": "https://example.org/", "label": TOLD}]},
    "/identifiers/0/value": {"identifiers": [{"scheme": "url", "value": f"https://example.org/a/{WORD}"}]},
    "/sources/0": {"sources": [TOLD]},
}
SURROUNDINGS = (
    "lamp\nwright",
    "lamp\twright",
    'a "lampwright"',
    "(lampwright) [x](",
    "C:\\lampwright",
    "lamp\\wright",
    "Lamp-\nwright <b",
    "<lampwright",
)


@pytest.mark.parametrize("kind", ENTRY_KINDS, ids=lambda kind: kind.name)
def test_what_is_tied_to_it_may_not_say_it_anywhere(kb: Corpus, editor: ApiKeyClient, kind: Kind) -> None:
    hidden(kb, editor)
    refusals = {pointer: refused(kb, kind, **values, **TIE) for pointer, values in PLACES.items()}
    assert refusals == {pointer: [pointer] for pointer in PLACES}


@pytest.mark.parametrize("kind", OTHERS, ids=lambda kind: kind.name)
def test_what_only_names_it_may_not_say_it_either(kb: Corpus, editor: ApiKeyClient, kind: Kind) -> None:
    hidden(kb, editor)
    assert refused(kb, kind, summary=f"About Place A. {TOLD}") == ["/summary"]
    assert refused(kb, kind, title=TOLD, summary=f"See /v1/{place('place-a')}.") == ["/title"]


def test_nor_in_whatever_surroundings(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    for text in SURROUNDINGS:
        assert refused(kb, OTHERS[0], summary=text, sources=["of (another"], **TIE) == ["/summary"], text


def test_what_has_nothing_to_do_with_it_may_use_the_word(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    slug = make(kb, OTHERS[0], summary=TOLD)
    assert kb.client.json(f"/v1/{OTHERS[0].collection}/{slug}")["summary"] == TOLD


def test_a_tie_from_the_other_end_counts(kb: Corpus, editor: ApiKeyClient) -> None:
    other = make(kb, OTHERS[0], slug="told", summary=TOLD)
    hidden(kb, editor)
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        change(session, KIND, "place-a", relations=[{"type": "HasPart", "target": f"{OTHERS[0].collection}/{other}"}])
    assert [fault.pointer for fault in refusal.value.errors] == ["/summary"]
    assert f"/v1/{OTHERS[0].collection}/told" in refusal.value.errors[0].message


def test_a_relation_to_a_confidential_address_does_not_repeat_it(kb: Corpus, editor: ApiKeyClient) -> None:
    make(kb, OTHERS[0], slug=WORD)
    hidden(kb, editor)
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        change(session, KIND, "place-a", relations=[{"type": "HasPart", "target": f"{OTHERS[0].collection}/{WORD}"}])
    assert WORD not in f"{refusal.value} {refusal.value.errors}"


def test_names_and_terms_that_it_shows_count(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    with kb.write() as session:
        trust = make_organisation(session, name=f"{NAME} Trust").slug
        make_term(session, slug="crafts", label=f"{WORD.capitalize()}s")
    by = [{"agent": f"organisations/{trust}", "role": "partner"}]
    assert refused(kb, KIND, contributors=by, **TIE) == ["/contributors/0/label"]
    assert "/terms/topic/0/label" in refused(kb, KIND, **TIE, terms={"topic": ["crafts"], "format": ["article"]})


def test_nor_may_the_page_of_a_term_that_names_it(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    with kb.write() as session:
        make_term(session, slug="crafts", label="Crafts", definition="At Place A.")
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        change(session, BY_NAME["term"], "crafts", scheme="topic", definition=f"At Place A. {TOLD}")
    assert [fault.pointer for fault in refusal.value.errors] == ["/definition"]
    assert WORD not in f"{refusal.value} {refusal.value.errors}"


def test_nor_may_the_page_of_a_term_that_shows_the_word_as_a_related_one(kb: Corpus, editor: ApiKeyClient) -> None:
    """That page is rendered twice: with what it shows, and as what a page named before."""
    hidden(kb, editor)
    with kb.write() as session:
        make_term(session, slug="crafts", label="Crafts")
        make_term(session, slug="harbours", definition="At Place A.", related=["crafts"])
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        change(session, BY_NAME["term"], "crafts", scheme="topic", label=f"{WORD.capitalize()}s")
    assert [fault.pointer for fault in refusal.value.errors] == ["/related/0/label"]


def test_nor_may_the_page_of_an_organisation_once_something_public_names_it(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    with kb.write() as session:
        make_organisation(session, slug="trust", description=f"At Place A. {TOLD}")
    by = [{"agent": "organisations/trust", "role": "partner"}]
    assert refused(kb, OTHERS[0], slug="showing", contributors=by) == ["/description"]
    with kb.write() as session:
        change(session, BY_NAME["organisation"], "trust", description="At Place A.")
    make(kb, OTHERS[0], slug="showing", contributors=by)
    with pytest.raises(Invalid), kb.write() as session:
        change(session, BY_NAME["organisation"], "trust", description=f"At Place A. {TOLD}")


def test_renaming_what_it_shows_is_refused_too(kb: Corpus, editor: ApiKeyClient) -> None:
    with kb.write() as session:
        trust = make_organisation(session, name="A Trust").slug
    hidden(kb, editor, contributors=[{"agent": f"organisations/{trust}", "role": "partner"}])
    with pytest.raises(Invalid), kb.write() as session:
        change(session, BY_NAME["organisation"], trust, name=f"{NAME} Trust")
    assert "Zedmouth" not in kb.client.get(f"/v1/{place('place-a')}").text


def test_what_was_published_before_the_word_was_known_blocks_nothing_else(kb: Corpus, editor: ApiKeyClient) -> None:
    with kb.write() as session:
        make_entry(
            session,
            KIND,
            slug="place-z",
            title="Place A",
            summary=TOLD,
            terms={"topic": ["ethics"], "format": ["article"]},
        )
    with kb.write() as session:  # what was renamed has a row for its former address, too
        change(session, KIND, "place-z", slug="place-a")
    with kb.write() as session:
        change(session, BY_NAME["term"], "ethics", scheme="topic", label="Ethics of research")
    leaks = keep(editor, "place-a")["told"]
    assert leaks == [{"url": f"http://127.0.0.1:8000/v1/{place('place-a')}", "pointer": "/summary"}]
    with kb.write() as session:
        change(session, BY_NAME["term"], "ethics", scheme="topic", label="Ethical questions")
    assert kb.client.json(f"/v1/{place('place-a')}")["terms"]["topic"][0]["label"] == "Ethical questions"
    with pytest.raises(Invalid), kb.write() as session:
        change(session, KIND, "place-a", title="Place A, again")
    with kb.write() as session:
        change(session, KIND, "place-a", summary="")


def test_whoever_adds_a_word_is_shown_where_it_is_published_already(kb: Corpus, editor: ApiKeyClient) -> None:
    """By the thing itself, by what is related to it from either end, and by what only names it."""
    kind = OTHERS[0]
    make(kb, KIND, slug="place-a", title="Place A", summary=TOLD)
    make(kb, kind, slug="tied", summary=TOLD, **TIE)
    make(kb, kind, slug="naming", summary=f"At Place A. {TOLD}", title="Of Lamp-Wrights")
    make(kb, kind, slug="silent", summary="At Place A.")
    make(kb, kind, slug="elsewhere", summary=TOLD)
    with kb.write() as session:
        make_term(session, slug="crafts", label="Crafts", definition=f"At Place A. {TOLD}")
    with kb.write() as session:
        make_entry(session, kind, slug="draft", as_draft=True, summary=TOLD, **TIE)
    expected = [
        (place("place-a"), "/summary"),
        (f"{kind.collection}/tied", "/summary"),
        (f"{kind.collection}/naming", "/title"),
        (f"{kind.collection}/naming", "/summary"),
        ("topics/crafts", "/definition"),
    ]
    leaks = keep(editor, "place-a")["told"]
    assert [(each["url"].removeprefix("http://127.0.0.1:8000/v1/"), each["pointer"]) for each in leaks] == expected


def test_a_draft_may_say_it_until_it_is_published(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    with kb.write() as session:
        make_entry(session, OTHERS[0], slug="draft", as_draft=True, summary=TOLD, **TIE)
    with pytest.raises(Invalid), kb.write() as session:
        change(session, OTHERS[0], "draft")
    with kb.write() as session:
        change(session, OTHERS[0], "draft", summary="")
    assert kb.client.json(f"/v1/{OTHERS[0].collection}/draft")["summary"] == ""


def test_several_at_once_are_refused_together_and_each_is_named(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    given = {"terms": {"format": ["article"]}, **TIE}
    inputs = [{"slug": "fine", "title": "Fine"}, {"slug": "tells", "title": "It tells", "summary": TOLD}]
    changes = [Change(OTHERS[0], OTHERS[0].input.model_validate(given | each)) for each in inputs]
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        save(session, changes, by=EDITOR, now=NOW)
    assert [fault.pointer for fault in refusal.value.errors] == ["/1/summary"]
    problem = kb.client.get(f"/v1/{OTHERS[0].collection}/fine")
    assert problem.status_code == 404


def test_a_reason_for_withdrawing_may_not_say_it(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        withdraw(session, KIND, "place-a", reason=TOLD)
    assert [fault.pointer for fault in refusal.value.errors] == ["/reason"]


def test_entries_with_confidential_words_can_always_be_withdrawn(kb: Corpus, editor: ApiKeyClient) -> None:
    with kb.write() as session:
        make_entry(session, KIND, slug=WORD, title="Place A", summary=TOLD)
    keep(editor, WORD)
    with kb.write() as session:
        withdraw(session, KIND, WORD)
    assert kb.client.get(f"/v1/{place(WORD)}").status_code == 410


def test_re_rendering_judges_nothing(kb: Corpus, editor: ApiKeyClient) -> None:
    """A rebuild, or a migration, must not fail for what was published before."""
    make(kb, KIND, slug="place-a", summary=TOLD)
    keep(editor, "place-a")
    with kb.write() as session:
        assert rebuild(session, now=NOW) == 0
