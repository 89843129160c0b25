"""Every staff operation asked with every kind of key; what is declared is what is enforced."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Annotated, Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from app.kit.clock import utc_now
from app.kit.tokens import new_token
from app.staff.auth.actors import CLI
from app.staff.auth.authorisation import UnitOfWork, declared_scopes, requires_scopes
from app.staff.auth.keys import KeyRow, make_key
from app.staff.auth.routing import StaffRoute
from app.staff.resource_types import BY_COLLECTION
from app.staff.scopes import SCOPES
from tests.api_keys import ApiKeyClient, api_key_client
from tests.corpus import Corpus
from tests.databases import Databases

pytestmark = pytest.mark.one_engine

ONE_S_OWN = {"get_dashboard", "get_key", "revoke_key", "rotate_key"}
"""What every holder of a key may ask about that very key."""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    operation: str
    scopes: tuple[str, ...]


@pytest.fixture(scope="module")
def kb_for_all(databases: Databases, seeded_database: str) -> Iterator[Corpus]:
    with databases.copied(seeded_database) as url, closing(Corpus(url)) as found:
        yield found


@pytest.fixture(scope="module")
def operations(kb_for_all: Corpus) -> list[Asked]:
    return [
        Asked(method, path, str(route.operation_id), scopes)
        for route in kb_for_all.service.api.routes
        if isinstance(route, APIRoute) and route.path.startswith("/v1/staff")
        for method in sorted(route.methods or ())
        for path, scopes in addresses_of(route)
    ]


def addresses_of(route: APIRoute) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Its path, once for every resource type that it serves, with the scopes that are needed there."""
    scopes = declared_scopes(route.dependant) or ()
    if "resource_type" not in route.param_convertors:
        yield route.path_format, scopes
        return
    for collection in route.param_convertors["resource_type"].regex.split("|"):
        path = route.path_format.replace("{resource_type}", collection)
        yield path, tuple(BY_COLLECTION[collection].scope(scope) for scope in scopes)


@pytest.fixture(scope="module")
def bad_keys(kb_for_all: Corpus) -> dict[str, str | None]:
    """`Authorization` fields that must never do, and none."""
    good = api_key_client(kb_for_all).text
    wrong = "a" if good[-1] != "a" else "b"
    with kb_for_all.write() as session:
        now = utc_now()
        _, expired = make_key(session, name="Past", scopes=[*SCOPES], days=1, by=CLI, now=now - timedelta(days=1))
        row, revoked = make_key(session, name="Revoked", scopes=[*SCOPES], days=1, by=CLI, now=now)
        row.revoked_at = now
    stranger = new_token("kb")
    other_secret = type(stranger)("kb", good.split("_")[1], stranger.secret)
    return {
        "none": None,
        "another scheme": "Basic dXNlcjpwYXNz",
        "empty": "Bearer ",
        "malformed": "Bearer kb_short",
        "not ASCII": "Bearer kb_Ä",
        "wrong checksum": f"Bearer {good[:-1]}{wrong}",
        "unknown": f"Bearer {stranger.text}",
        "another secret": f"Bearer {other_secret.text}",
        "expired": f"Bearer {expired.text}",
        "revoked": f"Bearer {revoked.text}",
    }


def ask(kb: Corpus, each: Asked, authorization: str | None, **more: Any) -> Any:
    """With a body and parameters that are refused, so that nothing but the key can be what is answered to."""
    headers: list[tuple[bytes, bytes]] = [(b"Content-Type", b"text/nonsense")]
    if authorization is not None:
        headers.append((b"Authorization", authorization.encode("latin-1")))
    return kb.client.request(each.method, each.path, headers=headers, content=b"{", params={"no_such": "1"}, **more)


def test_there_are_operations(operations: list[Asked]) -> None:
    assert {"get_dashboard", "create_key"} <= {each.operation for each in operations}


def test_a_bad_key_is_refused_before_anything_else(
    kb_for_all: Corpus, operations: list[Asked], bad_keys: dict[str, str | None]
) -> None:
    wrong = []
    for each in operations:
        for kind, authorization in bad_keys.items():
            response = ask(kb_for_all, each, authorization)
            tried = kind not in ("none", "another scheme")
            challenge = 'Bearer error="invalid_token"' if tried else "Bearer"
            if (response.status_code, response.headers.get("www-authenticate")) != (401, challenge):
                wrong.append((each, kind, response.status_code))
            assert response.headers["cache-control"] == "no-store"
    assert wrong == []


def test_each_scope_opens_what_declares_it_and_nothing_else(kb_for_all: Corpus, operations: list[Asked]) -> None:
    """400 names the parameter that is not there: the key was let in. All other scopes together open nothing of it."""

    @cache
    def holder(*scopes: str) -> str:
        return f"Bearer {api_key_client(kb_for_all, *scopes).text}"

    wrong = []
    for each in operations:
        let_in = ask(kb_for_all, each, holder(*(each.scopes or (min(SCOPES),))))
        if let_in.status_code != 400:
            wrong.append((each, "its own", let_in.status_code))
        for scope in each.scopes:
            refused = ask(kb_for_all, each, holder(*(other for other in SCOPES if other != scope)))
            if (refused.status_code, refused.json().get("scope")) != (403, scope):
                wrong.append((each, scope, refused.status_code))
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            assert refused.headers["www-authenticate"] == challenge
    assert wrong == []


def test_every_operation_that_changes_something_declares_a_scope(operations: list[Asked]) -> None:
    without = {each.operation for each in operations if not each.scopes}
    assert without == ONE_S_OWN


def test_the_description_says_what_is_enforced(kb_for_all: Corpus, operations: list[Asked]) -> None:
    paths = kb_for_all.client.json("/openapi.json")["paths"]
    described = {
        (method.upper(), path.replace("{resource_type}", collection)): scopes
        for path, methods in paths.items()
        if path.startswith("/v1/staff")
        for method, operation in methods.items()
        for collection, scopes in scopes_said_by(kb_for_all, operation)
    }
    assert described == {(each.method, each.path): list(each.scopes) for each in operations}


def scopes_said_by(kb: Corpus, operation: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """By resource type, where one operation serves several."""
    assert operation["security"] == [{"key": []}]
    if "x-scopes-by-resource-type" in operation:
        assert "x-scopes" not in operation
        yield from operation["x-scopes-by-resource-type"].items()
        return
    parameters = kb.client.json("/openapi.json")["components"]["parameters"]
    named = [parameters[each["$ref"].rpartition("/")[2]] for each in operation.get("parameters", ())]
    types = next((each["schema"]["enum"] for each in named if each["name"] == "resource_type"), [""])
    for collection in types:
        yield collection, operation["x-scopes"]


def test_everything_below_staff_is_a_staff_route(kb_for_all: Corpus) -> None:
    routes = [each for each in kb_for_all.service.api.routes if getattr(each, "path", "").startswith("/v1/staff")]
    assert [each for each in routes if not isinstance(each, StaffRoute)] == []


def test_an_operation_without_declared_scopes_cannot_be_made() -> None:
    router = APIRouter(route_class=StaffRoute)

    def silent() -> None: ...

    with pytest.raises(TypeError, match="requires_scopes"):
        router.post("/v1/staff/silent")(silent)


def test_a_scope_that_is_not_in_the_table_cannot_be_required() -> None:
    with pytest.raises(ValueError, match="entries:wrte"):
        requires_scopes("entries:wrte")


def test_several_scopes_are_all_needed() -> None:
    router = APIRouter(route_class=StaffRoute)

    def both(work: Annotated[UnitOfWork, requires_scopes("entries:read", "links:read")]) -> None: ...

    router.get("/v1/staff/both")(both)
    (route,) = router.routes
    assert isinstance(route, APIRoute)
    assert declared_scopes(route.dependant) == ("entries:read", "links:read")


def test_two_keys_at_once_are_none(kb_for_all: Corpus) -> None:
    texts = [api_key_client(kb_for_all).text for _ in range(2)]
    headers = [("Authorization", f"Bearer {text}") for text in texts]
    assert kb_for_all.client.request("GET", "/v1/staff", headers=headers).status_code == 401


def test_the_scheme_is_read_in_any_case(kb_for_all: Corpus) -> None:
    text = api_key_client(kb_for_all).text
    assert kb_for_all.client.get("/v1/staff", authorization=f"bearer  {text} ").status_code == 200


def test_a_wrong_checksum_costs_no_look_at_the_database(
    kb_for_all: Corpus, bad_keys: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    monkeypatch.setattr("app.staff.auth.keys.Session.get", lambda *_: calls.append(1))
    for kind in ("malformed", "wrong checksum", "not ASCII", "empty"):
        sent = [(b"Authorization", str(bad_keys[kind]).encode("latin-1"))]
        assert kb_for_all.client.request("GET", "/v1/staff", headers=sent).status_code == 401
    assert calls == []


def test_public_addresses_do_not_look_at_keys(kb_for_all: Corpus, bad_keys: dict[str, str | None]) -> None:
    plain = kb_for_all.client.get("/v1/publications")
    good: list[str | None] = [f"Bearer {api_key_client(kb_for_all).text}"]
    for authorization in [*bad_keys.values(), *good]:
        sent = [] if authorization is None else [(b"Authorization", authorization.encode("latin-1"))]
        response = kb_for_all.client.request("GET", "/v1/publications", headers=sent)
        assert (response.status_code, response.content) == (200, plain.content)
        assert response.headers["cache-control"] == plain.headers["cache-control"]


def test_a_key_row_holds_nothing_that_authenticates(kb_for_all: Corpus) -> None:
    holder: ApiKeyClient = api_key_client(kb_for_all)
    with kb_for_all.read() as session:
        row = session.get_one(KeyRow, holder.id)
        kept = {column.name: getattr(row, column.name) for column in KeyRow.__table__.columns}
    assert holder.text.split("_")[2][:43] not in str(kept)
