"""What any route needs is a name that nothing may be given: every address there is, and every parameter."""

from collections.abc import Iterator

import pytest
from starlette.routing import BaseRoute

from app.catalogue import reserved_names
from app.catalogue.registry import ALL_ENTRIES, BY_COLLECTION
from app.kit.errors import Invalid
from app.search.query.filter_parser import RESERVED
from tests.api_keys import ApiKeyClient, api_key_client
from tests.corpus import Corpus
from tests.factories import make_vocabulary


def paths(routes: list[BaseRoute]) -> Iterator[list[str]]:
    """The parts of every address."""
    for route in routes:
        yield str(getattr(route, "path", "")).strip("/").split("/")


def test_no_collection_can_have_the_name_of_a_route(seeded: Corpus) -> None:
    routes = list(paths(seeded.service.api.routes))
    below = (parts[1] for parts in routes if parts[0] == "v1" and len(parts) > 1)
    beside = {name.partition(".")[0] for name in below if not name.startswith("{")}
    assert beside == reserved_names.API_PATHS <= reserved_names.RESERVED_COLLECTIONS
    assert not beside & {*BY_COLLECTION, ALL_ENTRIES}
    top = {parts[0].partition(".")[0] for parts in routes if not parts[0].startswith("{")} - {"", "v1"}
    assert top <= reserved_names.RESERVED_COLLECTIONS


def test_no_slug_can_be_what_stands_in_its_place(seeded: Corpus) -> None:
    below = [parts for parts in paths(seeded.service.api.routes) if parts[:2] == ["v1", "{collection:collection}"]]
    standing = {parts[2] for parts in below if len(parts) == 3} | {parts[3] for parts in below if len(parts) == 4}
    assert {each for each in standing if not each.startswith("{")} == reserved_names.RESERVED_SLUGS


def test_what_is_to_come_is_kept_free() -> None:
    to_come = "changes dump map usage search guide embed docs openapi mcp oai health problems subscribe privacy"
    assert {*to_come.split()} <= reserved_names.RESERVED_COLLECTIONS


@pytest.mark.parametrize("collection", sorted({*reserved_names.RESERVED_COLLECTIONS, *BY_COLLECTION, ALL_ENTRIES}))
def test_a_vocabulary_with_such_an_address_is_refused(kb: Corpus, collection: str) -> None:
    editor: ApiKeyClient = api_key_client(kb)
    given = {"slug": "mood", "collection": collection, "label": "Mood"}
    answer = editor("POST", "/v1/staff/vocabularies", json=given)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/collection")


def test_nor_one_with_the_name_of_a_parameter(kb: Corpus) -> None:
    """Every parameter of a list is one of its fields, or reserved."""
    described = kb.client.json("/openapi.json")
    parameters = described["paths"]["/v1/entries"]["get"]["parameters"]
    shared = described["components"]["parameters"]
    names = {(shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each)["name"] for each in parameters}
    fields = {each["name"] for each in kb.client.json("/v1/entries/fields")["fields"]}
    assert {name.partition("__")[0] for name in names} <= fields | {*RESERVED}
    for name in (each for each in RESERVED if "_" not in each):
        with pytest.raises(Invalid) as refusal, kb.write() as session:
            make_vocabulary(session, name, "moods")
        assert [(fault.pointer, fault.code) for fault in refusal.value.errors] == [("/slug", "reserved")]


def test_a_vocabulary_that_was_there_before_its_name_was_reserved_can_be_corrected(
    kb: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kb.write() as session:
        monkeypatch.setattr(reserved_names, "RESERVED_COLLECTIONS", frozenset())
        make_vocabulary(session, "mood", "guide")
        monkeypatch.undo()
    editor = api_key_client(kb)
    path = "/v1/staff/vocabularies/mood"
    editor.request_json("PATCH", path, json={"label": "Moods", "version": editor.request_json("GET", path)["version"]})
    assert kb.client.json("/v1/guide")["meta"]["count"] == 0
