"""Nothing ends before it begins, and nothing leads back to itself."""

from datetime import date
from typing import Any

import pytest

from app.catalogue.registry import BY_NAME
from app.kit.values.partial_dates import PartialDate
from tests.api_keys import ApiKeyClient
from tests.corpus import Corpus
from tests.factories import change, make_entry, make_organisation, make_person, make_publication, make_term

TERMS = {"format": ["event"]}
BACKWARDS = [("2024-05-02", "2024-05-01"), ("2024-05", "2024-04"), ("2024-05-01", "2024-04"), ("2024", "2023-12-31")]
FORWARDS = [("2024-05-01", "2024-05-01"), ("2024-05-10", "2024-05"), ("2024-05", "2024"), ("2024", "2024-01-01")]


def faults(answer: Any) -> tuple[int, list[tuple[str, str]]]:
    return answer.status_code, [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


@pytest.fixture
def furnished(kb: Corpus) -> None:
    with kb.write() as session:
        make_organisation(session, slug="trust")


def inputs(start: str, end: str) -> list[tuple[str, dict[str, Any], str]]:
    """Everything that has a beginning and an end: collection, what is sent, and the pointer to the end."""
    entry = {"slug": "one", "title": "One", "terms": {"format": ["article"]}}
    member = {"organisation": "trust", "start": start, "end": end}
    return [
        ("events", entry | {"start": start, "end": end}, "/end"),
        ("sites", entry | {"slug": "two", "fieldwork_start": start, "fieldwork_end": end}, "/fieldwork_end"),
        ("people", {"slug": "jo", "name": "Jo Example", "affiliations": [member]}, "/affiliations/0/end"),
    ]


@pytest.mark.usefixtures("furnished")
class TestSpans:
    @pytest.mark.parametrize(("start", "end"), BACKWARDS)
    def test_what_ends_before_it_begins_is_refused(self, editor: ApiKeyClient, start: str, end: str) -> None:
        for collection, data, pointer in inputs(start, end):
            answer = editor("POST", f"/v1/staff/{collection}", json=data)
            assert faults(answer) == (422, [(pointer, "ends-before-it-starts")])
            assert "must not be before" in answer.json()["detail"]

    @pytest.mark.parametrize(("start", "end"), FORWARDS)
    def test_dates_that_are_not_exact_may_follow_each_other(self, editor: ApiKeyClient, start: str, end: str) -> None:
        for collection, data, _ in inputs(start, end):
            editor.request_json("POST", f"/v1/staff/{collection}", status=201, json=data)

    def test_a_correction_of_one_end_is_held_to_the_other(self, editor: ApiKeyClient) -> None:
        _, data, _ = inputs("2024-05", "2024-06")[0]
        made = editor.request_json("POST", "/v1/staff/events", status=201, json=data)
        for given, pointer in (({"start": "2025"}, "/end"), ({"end": "2020"}, "/end")):
            answer = editor("PATCH", "/v1/staff/events/one", json=given | {"version": made["version"]})
            assert faults(answer) == (422, [(pointer, "ends-before-it-starts")])

    def test_a_list_of_staff_has_nothing_between_a_moment_and_an_earlier_one(self, editor: ApiKeyClient) -> None:
        span = "since=2026-02-01T00:00:00Z&until=2026-01-31T23:00:00-02:00"
        for path in ("/v1/staff/entries", "/v1/staff/publications", "/v1/staff/audit"):
            assert editor("GET", f"{path}?{span}").status_code == 200  # 01:00 of the first, in UTC
            answer = editor("GET", f"{path}?{span.replace('-02:00', 'Z')}")
            assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "until")

    def test_what_was_accepted_once_is_in_nobody_elses_way(
        self, kb: Corpus, editor: ApiKeyClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Merging somebody writes what names them anew: as it is, though it would be refused by now."""
        with kb.write() as session:
            make_person(session, slug="ada")
            make_person(session, slug="ida")
            monkeypatch.setattr(PartialDate, "end", property(lambda _: date.max))  # as before there was the rule
            author = [{"agent": "people/ada", "role": "author"}]
            make_entry(session, BY_NAME["event"], slug="backwards", contributors=author, start="2024", end="2023")
            monkeypatch.undo()
        editor.request_json("POST", "/v1/staff/people/ada/merge", json={"into": "ida", "version": 1})
        assert kb.client.json("/v1/events/backwards")["contributors"][0]["slug"] == "ida"


@pytest.mark.usefixtures("furnished")
class TestCircles:
    def test_no_term_is_broader_than_itself(self, kb: Corpus, editor: ApiKeyClient) -> None:
        with kb.write() as session:
            for slug in ("one", "two", "three"):
                make_term(session, slug=slug)
            change(session, BY_NAME["term"], "two", scheme="topic", broader="one")
            change(session, BY_NAME["term"], "three", scheme="topic", broader="two")
        for slug, wider in (("one", "one"), ("one", "three")):
            answer = editor(
                "PATCH", f"/v1/staff/vocabularies/topic/terms/{slug}", json={"broader": wider, "version": 1}
            )
            assert faults(answer) == (422, [("/broader", "circle")])

    def test_nor_by_what_replaced_the_broader_one(self, kb: Corpus, editor: ApiKeyClient) -> None:
        """Readers are shown what replaced a term in its place: it would stand above itself."""
        with kb.write() as session:
            for slug in ("one", "two", "three"):
                make_term(session, slug=slug)
            change(session, BY_NAME["term"], "two", scheme="topic", broader="one")
            change(session, BY_NAME["term"], "three", scheme="topic", broader="two")
        path = "/v1/staff/vocabularies/topic/terms/one"
        for below in ("two", "three"):
            answer = editor("PATCH", path, json={"replaced_by": below, "version": 1})
            assert faults(answer) == (422, [("/replaced_by", "circle")])
        assert faults(editor("POST", f"{path}/merge", json={"into": "three", "version": 1}))[0] == 422
        editor.request_json(
            "PATCH", "/v1/staff/vocabularies/topic/terms/two", json={"replaced_by": "one", "version": 2}
        )
        assert kb.client.json("/v1/topics/three")["broader"]["slug"] == "one"

    def test_no_two_terms_replace_each_other(self, kb: Corpus, editor: ApiKeyClient) -> None:
        with kb.write() as session:
            for slug in ("one", "two"):
                make_term(session, slug=slug)
            change(session, BY_NAME["term"], "two", scheme="topic", replaced_by="one")
        answer = editor("PATCH", "/v1/staff/vocabularies/topic/terms/one", json={"replaced_by": "two", "version": 1})
        assert faults(answer) == (422, [("/replaced_by", "circle")])

    def test_no_two_withdrawn_entries_lead_to_each_other(self, kb: Corpus, editor: ApiKeyClient) -> None:
        with kb.write() as session:
            for slug in ("one", "two", "three"):
                make_publication(session, slug=slug)

        def withdraw(slug: str, replacement: str) -> Any:
            body = {"reason": "Wrong.", "replacement": f"publications/{replacement}", "version": 1}
            return editor("POST", f"/v1/staff/publications/{slug}/withdraw", json=body)

        assert faults(withdraw("one", "one")) == (422, [("/replacement", "circle")])
        assert withdraw("one", "two").status_code == 200
        assert withdraw("two", "three").status_code == 200
        assert faults(withdraw("three", "one")) == (422, [("/replacement", "circle")])

    def test_nothing_is_related_to_itself_or_merged_into_itself(self, kb: Corpus, editor: ApiKeyClient) -> None:
        with kb.write() as session:
            make_publication(session, slug="one")
        relation = {"type": "References", "target": "publications/one"}
        path = "/v1/staff/publications/one"
        answer = editor("PATCH", path, json={"relations": [relation], "version": 1})
        assert faults(answer) == (422, [("/relations/0/target", "circle")])
        answer = editor("POST", f"{path}/merge", json={"into": "one", "version": 1})
        assert faults(answer) == (422, [("/into", "circle")])
