"""What is kept and never told: who may read and change it, and what the history says of it."""

from sqlalchemy import select

from app.catalogue.revisions import RevisionRow
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.staff.confidential_site import KIND, NAME, NOTES, WORD, address, keep, make


def test_nothing_is_kept_at_first(kb: Corpus, editor: ApiKeyClient) -> None:
    make(kb, KIND, slug="place-a")
    answer = editor("GET", address("place-a"))
    assert answer.headers["etag"] == '"0"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "kind": KIND.name,
        "slug": "place-a",
        "version": 0,
        "name": None,
        "notes": "",
        "words": [],
        "updated_at": None,
        "updated_by": None,
        "told": [],
        "links": {
            "self": f"http://127.0.0.1:8000{address('place-a')}",
            "entry": f"http://127.0.0.1:8000/v1/staff/{KIND.collection}/place-a",
        },
    }


def test_what_is_sent_is_kept_and_the_rest_stays(kb: Corpus, editor: ApiKeyClient) -> None:
    make(kb, KIND, slug="place-a")
    first = editor("PATCH", address("place-a"), json={"name": NAME}, headers={"If-Match": '"0"'})
    assert first.headers["etag"] == '"1"'
    second = keep(editor, "place-a", 1, words=[WORD], notes=NOTES)
    assert (second["name"], second["words"], second["notes"]) == (NAME, [WORD], NOTES)
    third = keep(editor, "place-a", 2, name=None)
    assert (third["name"], third["words"], third["version"]) == (None, [WORD], 3)
    assert third["updated_by"] == editor.name


def test_the_version_that_was_seen_must_be_named_and_be_the_last(kb: Corpus, editor: ApiKeyClient) -> None:
    make(kb, KIND, slug="place-a")
    keep(editor, "place-a")
    problem(editor("PATCH", address("place-a"), json={"notes": "x"}), 428)
    assert problem(editor("PATCH", address("place-a"), json={"notes": "x", "version": 0}), 412)["version"] == 1
    wrong = problem(editor("PATCH", address("place-a"), json={"notes": "x", "version": "1"}), 422)
    assert wrong["errors"][0]["pointer"] == "/version"


def test_a_wrong_input_is_refused_without_its_words(kb: Corpus, editor: ApiKeyClient) -> None:
    make(kb, KIND, slug="place-a")
    refused = editor("PATCH", address("place-a"), json={"words": ["\x00" + WORD], "version": 0})
    assert problem(refused, 422)["errors"][0]["pointer"] == "/words/0"
    assert WORD not in refused.text
    refused = editor("PATCH", address("place-a"), json={"wrods": [WORD], "name": [NAME], "version": 0})
    assert {each["pointer"] for each in problem(refused, 422)["errors"]} == {"/wrods", "/name"}
    assert WORD not in refused.text
    assert NAME not in refused.text


def test_reading_and_changing_need_scopes_of_their_own(kb: Corpus) -> None:
    make(kb, KIND, slug="place-a")
    reader, writer = api_key_client(kb, "confidential:read"), api_key_client(kb, "confidential:write")
    other = api_key_client(kb, "entries:read", "entries:write", "entries:publish", "audit:read")
    reader.request_json("GET", address("place-a"))
    keep(writer, "place-a")
    assert problem(reader("PATCH", address("place-a"), json={"version": 1}), 403)["scope"] == "confidential:write"
    for holder in (writer, other):
        assert problem(holder("GET", address("place-a")), 403)["scope"] == "confidential:read"
    problem(kb.client.get(address("place-a")), 401)


def test_what_is_not_there_has_nothing(kb: Corpus, editor: ApiKeyClient) -> None:
    problem(editor("GET", address("nowhere")), 404)
    problem(editor("PATCH", address("nowhere"), json={"version": 0}), 404)


def test_the_history_names_the_fields_and_no_value(kb: Corpus, editor: ApiKeyClient) -> None:
    make(kb, KIND, slug="place-a")
    keep(editor, "place-a", name=NAME, words=[WORD])
    keep(editor, "place-a", 1, notes=NOTES)
    with kb.read() as session:
        rows = session.scalars(select(RevisionRow).where(RevisionRow.kind == "confidential")).all()
        assert [(row.actor, row.slug, row.version, row.fields, row.data) for row in rows] == [
            (editor.name, "place-a", 1, ["name", "words"], None),
            (editor.name, "place-a", 2, ["notes"], None),
        ]


def test_readers_notice_nothing(kb: Corpus, editor: ApiKeyClient) -> None:
    make(kb, KIND, slug="place-a")
    before = kb.client.get(f"/v1/{KIND.collection}/place-a")
    head = kb.snapshot.revision
    keep(editor, "place-a")
    assert kb.client.get(f"/v1/{KIND.collection}/place-a").content == before.content
    assert kb.snapshot.revision == head


def test_a_dry_run_keeps_nothing(kb: Corpus, editor: ApiKeyClient) -> None:
    make(kb, KIND, slug="place-a")
    path = f"{address('place-a')}?dry_run=true"
    assert editor.request_json("PATCH", path, json={"name": NAME, "version": 0})["dry_run"] is True
    assert editor.request_json("GET", address("place-a"))["version"] == 0
