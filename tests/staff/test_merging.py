"""Two that are one: what pointed to either points to the one that stays, and the other's address leads there."""

from typing import Any

import pytest

from app.kit.clock import utc_now
from app.staff.maintenance.rebuilding import rebuild
from tests.api_keys import ApiKeyClient
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import make_term
from tests.staff.editing import ONE, PUBLICATIONS, make, patch, public, published, step

BASE = "http://127.0.0.1:8000"
DOI = {"scheme": "doi", "value": "10.1000/one"}


def leads(kb: Corpus, path: str) -> str:
    answer = kb.client.get(path)
    assert answer.status_code == 301, f"{path}: {answer.status_code}"
    return answer.headers["location"].removeprefix(BASE)


def consistent(kb: Corpus) -> None:
    """Rendering everything anew finds nothing to change."""
    with kb.write() as session:
        assert rebuild(session, now=utc_now()) == 0


def author(slug: str, role: str = "author") -> dict[str, str]:
    return {"agent": f"people/{slug}", "role": role}


def slugs(document: Any, name: str) -> list[str]:
    return [each["slug"] for each in document[name]]


def test_what_pointed_to_an_entry_points_to_the_other(kb: Corpus, editor: ApiKeyClient) -> None:
    cites = [{"type": "Cites", "target": "publications/one"}]
    one = published(editor, identifiers=[DOI])
    two = published(editor, slug="two", relations=[{"type": "IsVersionOf", "target": "publications/one"}])
    published(editor, slug="three", relations=[*cites, {"type": "Cites", "target": "publications/two"}])
    draft = make(editor, **{**ONE, "slug": "four", "relations": cites})
    gone = step(editor, published(editor, slug="five"), "withdraw", reason="No.", replacement="publications/one")
    stays = step(editor, one, "merge", into="two", note="The same paper.")
    assert (stays["slug"], stays["data"]["identifiers"], stays["data"]["relations"]) == ("two", [DOI], [])
    assert leads(kb, "/v1/publications/one") == "/v1/publications/two"
    assert kb.client.json("/v1/publications/doi:10.1000/one")["slug"] == "two"
    assert slugs(public(kb, "three"), "relations") == ["two"]
    assert slugs(public(kb, "two"), "relations") == ["three"]
    assert problem(kb.client.get("/v1/publications/five"), 410)["replacement"] == f"{BASE}/v1/publications/two"
    moved = editor.request_json("GET", f"{PUBLICATIONS}/four")
    assert moved["data"]["relations"] == [{"type": "Cites", "target": "publications/two"}]
    assert (moved["state"], moved["version"]) == ("draft", draft["version"] + 1)
    assert editor("GET", f"{PUBLICATIONS}/one").headers["location"] == "/v1/staff/publications/two"
    assert (two["version"], gone["state"]) == (2, "withdrawn")
    consistent(kb)


def test_a_merged_address_leads_on_when_the_other_moves(kb: Corpus, editor: ApiKeyClient) -> None:
    published(editor, slug="zero")
    first = step(editor, patch(editor, published(editor), slug="uno"), "publish")
    two = published(editor, slug="two")
    step(editor, first, "merge", into="two")
    two = editor.request_json("GET", f"{PUBLICATIONS}/two")
    step(editor, step(editor, patch(editor, two, slug="dos"), "publish"), "merge", into="zero")
    for slug in ("uno", "two", "dos"):
        assert leads(kb, f"/v1/publications/{slug}") == "/v1/publications/zero"
    last = kb.client.get("/v1/publications/one").headers["location"].removeprefix(BASE)
    assert last == "/v1/publications/zero"
    consistent(kb)


def test_people_are_merged_in_every_role(kb: Corpus, editor: ApiKeyClient) -> None:
    orcid = {"scheme": "orcid", "value": "0000-0002-1825-0097"}
    make(editor, "people", slug="ada", name="Ada Example")
    twin = make(editor, "people", slug="ada-e", name="A. Example", identifiers=[orcid])
    live = published(editor, contributors=[author("ada-e"), author("ada", "editor")])
    published(editor, slug="two", contributors=[author("ada"), author("ada-e")])
    copy = patch(editor, live, title="Better words")
    stays = step(editor, twin, "merge", into="ada")
    assert stays["data"]["identifiers"] == [orcid]
    assert leads(kb, "/v1/people/ada-e") == "/v1/people/ada"
    assert [(each["slug"], each["role"]) for each in public(kb)["contributors"]] == [
        ("ada", "author"),
        ("ada", "editor"),
    ]
    assert slugs(public(kb, "two"), "contributors") == ["ada"]
    copy = editor.request_json("GET", f"{PUBLICATIONS}/one")
    assert (copy["conflict"], copy["data"]["contributors"][0]) == (False, author("ada"))
    step(editor, copy, "publish")
    assert (public(kb)["title"], slugs(public(kb), "contributors")) == ("Better words", ["ada", "ada"])
    consistent(kb)


def test_organisations_are_merged_where_they_pay_and_where_people_belong(kb: Corpus, editor: ApiKeyClient) -> None:
    make(editor, "organisations", slug="north", name="North")
    twin = make(editor, "organisations", slug="nord", name="Nord")
    make(editor, "people", slug="ada", name="Ada", affiliations=[{"organisation": "nord"}, {"organisation": "north"}])
    funding = [{"funder": "organisations/nord", "award_number": "7"}]
    published(editor, contributors=[author("ada")], funding=funding)
    step(editor, twin, "merge", into="north")
    assert public(kb)["funding"][0]["funder"]["slug"] == "north"
    belongs = kb.client.json("/v1/people/ada")["affiliations"]
    assert [each["organisation"]["slug"] for each in belongs] == ["north"]
    assert leads(kb, "/v1/organisations/nord") == "/v1/organisations/north"
    make(editor, **{**ONE, "slug": "later", "funding": funding})
    assert editor.request_json("GET", "/v1/staff/organisations")["meta"]["count"] == 1
    consistent(kb)


def test_somebody_whom_readers_never_saw_leaves_no_address(kb: Corpus, editor: ApiKeyClient) -> None:
    make(editor, "people", slug="ada", name="Ada Example")
    step(editor, make(editor, "people", slug="unseen", name="Ada"), "merge", into="ada")
    assert problem(kb.client.get("/v1/people/unseen"), 404)


def test_a_merged_term_is_shown_as_the_other(kb: Corpus, editor: ApiKeyClient) -> None:
    published(editor, terms={"format": ["article"], "topic": ["unused"]})
    with kb.write() as session:
        make_term(session, slug="narrow", broader="unused")
    term = editor.request_json("GET", "/v1/staff/vocabularies/topic/terms/unused")
    step(editor, term, "merge", into="trust")
    assert slugs(public(kb)["terms"], "topic") == ["trust"]
    assert leads(kb, "/v1/topics/unused") == "/v1/topics/trust"
    assert kb.client.slugs("/v1/publications?topic=trust") == ["one"]
    assert kb.client.json("/v1/topics/narrow")["broader"]["slug"] == "trust"
    consistent(kb)


def test_what_cannot_be_merged_is_refused(editor: ApiKeyClient) -> None:
    live, draft = published(editor), make(editor, **{**ONE, "slug": "two"})
    step(editor, live, "merge", 422, into="one")
    assert [each["pointer"] for each in step(editor, live, "merge", 422, into="nothing")["errors"]] == ["/into"]
    step(editor, live, "merge", 409, into="two")
    step(editor, draft, "merge", 409, into="one")
    published(editor, slug="three")
    step(editor, patch(editor, live, title="Better words"), "merge", 409, into="three")


def test_what_was_merged_itself_is_no_place_to_merge_into(editor: ApiKeyClient) -> None:
    live, gone = published(editor), published(editor, slug="two")
    stays = step(editor, gone, "merge", into="one")
    for subject in (stays, published(editor, slug="three")):
        [fault] = step(editor, subject, "merge", 422, into="two")["errors"]
        assert (fault["pointer"], fault["suggestion"]) == ("/into", live["slug"])


# --- edited the same way


@pytest.mark.parametrize(
    ("collection", "slug", "name", "shown"),
    [
        ("people", "ada", "name", "contributors"),
        ("vocabularies/topic/terms", "trust", "label", "terms"),
    ],
)
def test_a_new_name_is_shown_at_once_wherever_it_stands(
    kb: Corpus, editor: ApiKeyClient, collection: str, slug: str, name: str, shown: str
) -> None:
    make(editor, "people", slug="ada", name="Ada Example")
    published(editor, contributors=[author("ada")], terms={"format": ["article"], "topic": ["trust"]})
    subject = editor.request_json("GET", f"/v1/staff/{collection}/{slug}")
    assert (subject["state"], subject["version"]) == ("published", 1)
    changed = patch(editor, subject, **{name: "Another Name"})
    assert changed["version"] == 2
    assert "Another Name" in str(public(kb)[shown])
    patch(editor, subject, 412, **{name: "Mine"})


def test_a_vocabulary_and_its_terms_are_made_and_filtered_by_at_once(kb: Corpus, editor: ApiKeyClient) -> None:
    made = make(editor, "vocabularies", slug="mood", collection="moods", label="Moods")
    assert made["links"]["self"] == f"{BASE}/v1/staff/vocabularies/mood"
    term = make(editor, "vocabularies/mood/terms", scheme="mood", slug="calm", label="Calm")
    assert term["links"]["self"] == f"{BASE}/v1/staff/vocabularies/mood/terms/calm"
    published(editor, terms={"format": ["article"], "mood": ["calm"]})
    assert kb.client.slugs("/v1/publications?mood=calm") == ["one"]
    body = {"scheme": "topic", "slug": "glad", "label": "Glad"}
    refused = problem(editor("POST", "/v1/staff/vocabularies/mood/terms", json=body), 422)
    assert [each["pointer"] for each in refused["errors"]] == ["/scheme"]
    assert problem(editor("GET", "/v1/staff/vocabularies/nothing/terms"), 404)
    assert problem(editor("DELETE", "/v1/staff/vocabularies/mood"), 405)


def test_a_person_whom_nothing_names_is_deleted(editor: ApiKeyClient) -> None:
    make(editor, "people", slug="ada", name="Ada Example")
    make(editor, "people", slug="bo", name="Bo Example")
    published(editor, contributors=[author("ada")])
    assert problem(editor("DELETE", "/v1/staff/people/ada", headers={"If-Match": '"1"'}), 409)
    editor.request_json("DELETE", "/v1/staff/people/bo", 204, headers={"If-Match": '"1"'})
    assert problem(editor("GET", "/v1/staff/people/bo"), 404)


def test_nor_is_one_whom_only_a_working_copy_names(editor: ApiKeyClient) -> None:
    make(editor, "people", slug="ada", name="Ada Example")
    make(editor, slug="draft", title="A draft")
    live = published(editor)
    naming = [{"type": "References", "target": "publications/draft"}]
    copy = patch(editor, live, contributors=[author("ada")], relations=naming)
    for path in ("people/ada", "publications/draft"):
        problem(editor("DELETE", f"/v1/staff/{path}", headers={"If-Match": '"1"'}), 409)
    step(editor, copy, "discard")
    for path in ("people/ada", "publications/draft"):
        editor.request_json("DELETE", f"/v1/staff/{path}", 204, headers={"If-Match": '"1"'})


def test_a_name_that_nobody_outside_knew_still_leads_staff_to_it(kb: Corpus, editor: ApiKeyClient) -> None:
    """Who came with an import gets another address before anything that names them is published."""
    ada = make(editor, "people", slug="aad", name="Ada Example")
    other = make(editor, slug="ohter", title="A draft", terms={"format": ["article"]})
    naming = {"contributors": [author("aad")], "relations": [{"type": "References", "target": "publications/ohter"}]}
    draft = make(editor, **ONE, **naming)
    live = published(editor, slug="two")
    copy = patch(editor, live, **naming)
    patch(editor, ada, slug="ada")
    step(editor, patch(editor, other, slug="other"), "publish")
    step(editor, patch(editor, draft, title="Edited"), "publish")
    step(editor, copy, "publish")
    for slug in ("one", "two"):
        shown = public(kb, slug)
        assert (shown["contributors"][0]["slug"], shown["relations"][0]["slug"]) == ("ada", "other")
    answer = editor("GET", "/v1/staff/people/aad")
    assert (answer.status_code, answer.headers["location"]) == (301, "/v1/staff/people/ada")
    for path in ("people/aad", "publications/ohter"):
        assert kb.client.get(f"/v1/{path}").status_code == 404


@pytest.mark.parametrize("seen", [True, False], ids=["known to readers", "known to staff alone"])
def test_whoever_takes_a_name_takes_no_work_with_it(kb: Corpus, editor: ApiKeyClient, seen: bool) -> None:
    """Of two people called alike: an entry stays by whom it was by, in drafts, working copies and what is public."""
    ada = make(editor, "people", slug="ada", name="Ada Example")
    naming = {"contributors": [author("ada")]}
    draft = make(editor, **ONE, **naming)
    live = published(editor, slug="two", **(naming if seen else {}))
    copy = patch(editor, live, title="Better words", **naming)
    patch(editor, ada, slug="ada-example")
    make(editor, "people", slug="ada", name="Ada Other")
    for subject in (draft, copy):
        path = subject["links"]["self"].removeprefix(BASE)
        now = editor.request_json("GET", path)
        assert (now["data"]["contributors"], now["conflict"]) == ([author("ada-example")], False)
        step(editor, patch(editor, now, summary="A comma."), "publish")
        assert public(kb, subject["slug"])["contributors"][0]["label"] == "Ada Example"
    assert public(kb, "two")["title"] == "Better words"
    published(editor, slug="three", **naming)
    assert public(kb, "three")["contributors"][0]["label"] == "Ada Other"
    consistent(kb)


def test_nor_does_an_entry_an_organisation_or_a_term(kb: Corpus, editor: ApiKeyClient) -> None:
    target = published(editor, slug="target")
    sussex = make(editor, "organisations", slug="sussex", name="Sussex")
    make(editor, "people", slug="ada", name="Ada", affiliations=[{"organisation": "sussex"}])
    terms = "vocabularies/topic/terms"
    craft = make(editor, terms, scheme="topic", slug="craft", label="Craft")
    make(editor, terms, scheme="topic", slug="knots", label="Knots", broader="craft")
    live = published(
        editor,
        relations=[{"type": "References", "target": "publications/target"}],
        contributors=[author("ada")],
        terms={"format": ["article"], "topic": ["craft"]},
    )
    step(editor, patch(editor, target, slug="aim"), "publish")
    patch(editor, sussex, slug="uni-sussex")
    patch(editor, craft, slug="crafts")
    published(editor, slug="target")
    make(editor, "organisations", slug="sussex", name="County")
    make(editor, terms, scheme="topic", slug="craft", label="Boats")
    for path in ("publications/one", "people/ada", f"{terms}/knots"):
        subject = editor.request_json("GET", f"/v1/staff/{path}")
        name = "label" if "terms" in path else "name" if "people" in path else "title"
        after = patch(editor, subject, **{name: "Corrected"})
        if after["state"] != "published":
            step(editor, after, "publish")
    shown = public(kb)
    assert live["version"] < shown["version"]
    assert (slugs(shown, "relations"), [each["slug"] for each in shown["terms"]["topic"]]) == (["aim"], ["crafts"])
    assert kb.client.json("/v1/people/ada")["affiliations"][0]["organisation"]["slug"] == "uni-sussex"
    assert kb.client.json("/v1/topics/knots")["broader"]["slug"] == "crafts"
    consistent(kb)


def test_an_old_version_comes_back_with_whom_it_meant(kb: Corpus, editor: ApiKeyClient) -> None:
    """Also where somebody else was called so before, and is now."""
    patch(editor, make(editor, "people", slug="ada", name="Ada Earlier"), slug="ada-earlier")
    ada = make(editor, "people", slug="ada", name="Ada Example")
    craft = make(editor, "vocabularies/topic/terms", scheme="topic", slug="craft", label="Craft")
    live = published(editor, contributors=[author("ada")], terms={"format": ["article"], "topic": ["craft"]})
    live = step(editor, patch(editor, live, contributors=[], terms={"topic": None}), "publish")
    patch(editor, ada, slug="ada-example")
    patch(editor, craft, slug="crafts")
    make(editor, "people", slug="ada", name="Ada Other")
    make(editor, "vocabularies/topic/terms", scheme="topic", slug="craft", label="Boats")
    restored = editor.request_json("POST", f"{PUBLICATIONS}/one/revisions/2/restore", json={"version": live["version"]})
    assert restored["data"]["contributors"] == [author("ada-example")]
    assert restored["data"]["terms"]["topic"] == ["crafts"]
    step(editor, restored, "publish")
    assert public(kb)["contributors"][0]["label"] == "Ada Example"
    consistent(kb)


def test_two_who_swapped_their_names_are_not_mixed_up(kb: Corpus, editor: ApiKeyClient) -> None:
    ada, bea = (make(editor, "people", slug=slug, name=slug.capitalize()) for slug in ("ada", "bea"))
    live = published(editor, contributors=[author("ada"), author("bea", "editor")])
    ada = patch(editor, ada, slug="between")
    patch(editor, bea, slug="ada")
    patch(editor, editor.request_json("GET", "/v1/staff/people/between"), slug="bea")
    now = editor.request_json("GET", f"{PUBLICATIONS}/one")
    assert live["version"] < now["version"]
    assert now["data"]["contributors"] == [author("between"), author("ada", "editor")]
    other = patch(editor, now, title="Better words", contributors=[])
    restored = editor.request_json(
        "POST", f"{PUBLICATIONS}/one/revisions/2/restore", json={"version": other["version"]}
    )
    assert restored["data"]["contributors"] == [author("bea"), author("ada", "editor")]
    step(editor, restored, "publish")
    assert [each["label"] for each in public(kb)["contributors"]] == ["Ada", "Bea"]
    consistent(kb)


def test_somebody_new_appears_where_somebody_was_who_is_not_shown_any_more(kb: Corpus, editor: ApiKeyClient) -> None:
    ada = make(editor, "people", slug="ada", name="Ada Example")
    live = published(editor, contributors=[author("ada")])
    step(editor, patch(editor, live, contributors=[]), "publish")
    patch(editor, ada, slug="ada-example")
    make(editor, "people", slug="ada", name="Ada Other")
    published(editor, slug="two", contributors=[author("ada")])
    assert kb.client.json("/v1/people/ada")["name"] == "Ada Other"
    published(editor, slug="three", contributors=[author("ada-example")])
    assert kb.client.json("/v1/people/ada-example")["name"] == "Ada Example"
    consistent(kb)


def test_two_who_are_not_shown_may_swap_their_names(kb: Corpus, editor: ApiKeyClient) -> None:
    ada, bea = (make(editor, "people", slug=slug, name=slug.capitalize()) for slug in ("ada", "bea"))
    live = published(editor, contributors=[author("ada"), author("bea")])
    live = step(editor, patch(editor, live, contributors=[]), "publish")
    ada = patch(editor, ada, slug="between")
    patch(editor, bea, slug="ada")
    patch(editor, ada, slug="bea")
    step(editor, patch(editor, live, contributors=[author("ada"), author("bea")]), "publish")
    assert [each["label"] for each in public(kb)["contributors"]] == ["Bea", "Ada"]
    assert [kb.client.json(f"/v1/people/{slug}")["name"] for slug in ("ada", "bea")] == ["Bea", "Ada"]
    consistent(kb)
