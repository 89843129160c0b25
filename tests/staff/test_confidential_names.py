"""By which names something confidential is recognised, and which leaks of others are new."""

import pytest

from app.kit.errors import Invalid
from app.staff.editing import writer
from app.staff.queries.subjects import load
from app.staff.workflow.merging import merge
from tests.api_keys import ApiKeyClient
from tests.corpus import Corpus
from tests.factories import EDITOR, NOW, change, withdraw
from tests.staff.confidential_site import KIND, NAME, OTHERS, WORD, hidden, keep, make, place

OTHER = OTHERS[0]
LEAK = f"We met the {WORD}s of the town."


def refused(kb: Corpus, summary: str) -> list[tuple[str, str | None]]:
    with pytest.raises(Invalid) as refusal:
        make(kb, OTHER, summary=summary)
    return [(error.code, error.pointer) for error in refusal.value.errors]


def test_its_former_address_is_a_name_of_it(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    with kb.write() as session:
        change(session, KIND, "place-a", slug="quay-house", title="Quay House")
    assert refused(kb, f"See /v1/{place('place-a')}. {LEAK}") == [("confidential", "/summary")]


def test_the_former_address_of_another_is_no_name_of_it(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    make(kb, KIND, slug="elsewhere")
    with kb.write() as session:
        change(session, KIND, "elsewhere", slug="quay-house", title="Quay House")
    make(kb, OTHER, summary=f"See /v1/{place('elsewhere')}. {LEAK}")


def test_what_was_merged_into_another_gives_it_no_name(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    make(kb, KIND, slug="quay-house", title="Quay House")
    make(kb, KIND, slug="old-quay", title="Old Quay")
    with kb.write() as session:
        writer.acquire_write_lock(session, 0)
        merged, target = (load(session, KIND, slug) for slug in ("old-quay", "quay-house"))
        merge(session, merged, target, by=EDITOR, now=NOW)
    make(kb, OTHER, summary=f"At the Old Quay. {LEAK}")


def test_what_was_withdrawn_in_favour_of_it_gives_it_no_name(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    make(kb, KIND, slug="quay-house", title="Quay House")
    with kb.write() as session:
        withdraw(session, KIND, "quay-house", replacement=load(session, KIND, "place-a").row)
    make(kb, OTHER, summary=f"At Quay House. {LEAK}")


def test_a_word_after_a_backslash_is_found(kb: Corpus, editor: ApiKeyClient) -> None:
    """Where JSON writes the two as it writes the end of a line."""
    hidden(kb, editor)
    keep(editor, "place-a", version=1, name=NAME, words=["nightwatch", "tidewaiter"], notes="")
    for word in ("nightwatch", "tidewaiter"):
        assert refused(kb, f"At Place A, C:\\{word}.") == [("confidential", "/summary")]


def test_what_another_published_before_excuses_no_new_leak(kb: Corpus, editor: ApiKeyClient) -> None:
    make(kb, KIND, slug="place-a", title="Place A")
    make(kb, OTHER, slug="older", summary=f"At Place A. {LEAK}")
    make(kb, OTHER, slug="newer", summary=LEAK)
    keep(editor, "place-a")
    with pytest.raises(Invalid) as refusal, kb.write() as session:
        change(session, KIND, "place-a", relations=[{"type": "HasPart", "target": f"{OTHER.collection}/newer"}])
    assert [error.message for error in refusal.value.errors] == [
        f"/v1/{OTHER.collection}/newer would contain something confidential here."
    ]


def test_an_address_that_is_confidential_itself_is_called_something(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    with pytest.raises(Invalid) as refusal:
        make(kb, OTHER, slug=f"the-{WORD}", title="A tale", summary="At Place A.")
    assert {error.message for error in refusal.value.errors} == {"something would contain something confidential here."}
