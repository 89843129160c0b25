"""A term that was replaced leads to the one in its place, and entries show that one."""

from app.catalogue.registry import BY_NAME
from app.staff.maintenance.rebuilding import rebuild
from tests.client import BASE
from tests.corpus import Corpus
from tests.factories import NOW, change, make_framework, make_publication, make_term

TERM = BY_NAME["term"]


def replace(kb: Corpus, old: str, new: str) -> None:
    with kb.write() as session:
        change(session, TERM, old, scheme="topic", replaced_by=new)


def prepare(kb: Corpus) -> None:
    with kb.write() as session:
        for slug in ("old", "new", "newest"):
            make_term(session, slug=slug)
        make_publication(session, slug="tagged", terms={"format": ["article"], "topic": ["old"]})
        element = {"slug": "part", "type": "phase", "title": "A part", "term": "topics/old"}
        make_framework(session, slug="frame", elements=[element])


def test_the_old_address_leads_to_the_new_term(kb: Corpus) -> None:
    prepare(kb)
    replace(kb, "old", "new")
    moved = kb.client.get("/v1/topics/old")
    assert (moved.status_code, moved.headers["location"]) == (301, f"{BASE}/v1/topics/new")
    assert "old" not in kb.client.slugs("/v1/topics?per_page=100")


def test_entries_show_and_are_found_by_the_new_term_under_both_names(kb: Corpus) -> None:
    prepare(kb)
    replace(kb, "old", "new")
    (topic,) = kb.client.get("/v1/publications/tagged").json()["terms"]["topic"]
    assert topic["slug"] == "new"
    (element,) = kb.client.get("/v1/frameworks/frame").json()["elements"]
    assert element["term"]["slug"] == "new"
    for name in ("old", "new"):
        assert kb.client.slugs(f"/v1/publications?topic={name}") == ["tagged"]


def test_a_chain_leads_to_its_end_and_renaming_the_end_reaches_the_entries(kb: Corpus) -> None:
    prepare(kb)
    replace(kb, "old", "new")
    replace(kb, "new", "newest")
    assert kb.client.get("/v1/topics/old").headers["location"].endswith("/v1/topics/newest")
    with kb.write() as session:
        change(session, TERM, "newest", scheme="topic", label="Renamed")
    (topic,) = kb.client.get("/v1/publications/tagged").json()["terms"]["topic"]
    assert (topic["slug"], topic["label"]) == ("newest", "Renamed")


def test_a_replacement_can_be_taken_back(kb: Corpus) -> None:
    prepare(kb)
    replace(kb, "old", "new")
    with kb.write() as session:
        change(session, TERM, "old", scheme="topic", replaced_by=None)
    assert kb.client.get("/v1/topics/old").json()["label"] == "Old"
    (topic,) = kb.client.get("/v1/publications/tagged").json()["terms"]["topic"]
    assert topic["slug"] == "old"


def test_nothing_is_left_to_rebuild(kb: Corpus) -> None:
    prepare(kb)
    replace(kb, "old", "new")
    replace(kb, "new", "newest")
    with kb.write() as session:
        assert rebuild(session, now=NOW) == 0
