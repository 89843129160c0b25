"""Terms say what is wider, narrower and related; a tie stated at one end is shown at both."""

from app.catalogue.registry import BY_NAME
from app.staff.maintenance.rebuilding import rebuild
from tests.corpus import Corpus
from tests.factories import NOW, change, make_publication, make_term

TERM = BY_NAME["term"]


def related(kb: Corpus, slug: str) -> list[str]:
    return [each["label"] for each in kb.client.json(f"/v1/topics/{slug}")["related"]]


def test_a_tie_is_shown_at_both_ends_and_follows_a_new_name(kb: Corpus) -> None:
    with kb.write() as session:
        make_term(session, slug="schools", label="Schools")
        make_term(session, slug="peers", label="Peers", related=["schools"])
    assert (related(kb, "peers"), related(kb, "schools")) == (["Schools"], ["Peers"])
    with kb.write() as session:
        change(session, TERM, "peers", scheme="topic", label="Peer groups")
    assert related(kb, "schools") == ["Peer groups"]
    with kb.write() as session:
        change(session, TERM, "peers", scheme="topic", related=[])
    assert (related(kb, "peers"), related(kb, "schools")) == ([], [])
    with kb.write() as session:
        assert rebuild(session, now=NOW) == 0


def test_a_term_shows_its_narrower_terms_and_how_many_entries_there_are(kb: Corpus) -> None:
    with kb.write() as session:
        make_term(session, slug="wide")
        make_term(session, slug="late", broader="wide")
        make_term(session, slug="early", broader="wide")
        make_publication(session, terms={"format": ["article"], "topic": ["early"]})
    term = kb.client.json("/v1/topics/wide")
    assert [each["slug"] for each in term["narrower"]] == ["early", "late"]
    assert term["counts"] == {"publications": 1, "frameworks": 0, "sites": 0, "events": 0, "collections": 0}
