"""Pages and cursors: every document once, in order, whatever the order and whatever happens meanwhile."""

import base64
import json
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import pytest

from app.catalogue.kind import Kind
from app.catalogue.registry import BY_NAME
from app.kit.text.characters import fold
from app.kit.text.slugs import filing_key
from app.search.query.schema import Field
from tests.client import Client
from tests.contract.brute_force import interval
from tests.contract.conftest import LoadedService
from tests.corpus import Corpus
from tests.factories import NOW, change, make_entry, make_publication

pytestmark = pytest.mark.one_engine


def orders(fields: dict[str, Field]) -> list[str]:
    """Every sortable field up and down, and every field with its neighbour."""
    names = [name for name, field in fields.items() if field.sortable]
    single = [sign + name for name in names for sign in ("", "-")]
    pairs = [f"{one},-{other}" for one, other in pairwise(names)] + [
        f"-{one},{other}" for other, one in pairwise(names)
    ]
    return single + pairs


def by_pages(client: Client, path: str) -> list[str]:
    return [each["url"] for each in client.walk(f"{path}&per_page=40")]


def by_cursor(client: Client, path: str) -> list[str]:
    return [each["url"] for each in client.walk(f"{path}&per_page=9&cursor=*")]


def place(field: Field, document: dict[str, Any]) -> Any:
    values = field.values(document)
    if not values:
        return None
    if field.name in ("title", "label"):
        return filing_key(values[0])
    return fold(values[0]) if field.type.name == "text" else interval(field, values[0])[0]


def in_order(documents: list[dict[str, Any]], fields: dict[str, Field], sort: str) -> bool:
    """Whether each document may stand before the next: missing values are last in either direction."""
    return all(_not_after(one, other, fields, sort.split(",")) for one, other in pairwise(documents))


def _not_after(one: dict[str, Any], other: dict[str, Any], fields: dict[str, Field], sorts: list[str]) -> bool:
    for sort in sorts:
        field = fields[sort.removeprefix("-")]
        left, right = place(field, one), place(field, other)
        if left != right:
            if left is None or right is None:
                return right is None
            return bool((left > right) if sort.startswith("-") else (left < right))
    return True


def test_every_order_is_right_and_both_walks_give_it(loaded: LoadedService, collection: str) -> None:
    fields = dict(loaded.fields(collection))
    documents = {each["url"]: each for each in loaded.documents[collection]}
    for sort in orders(fields):
        urls = by_pages(loaded.kb.client, f"/v1/{collection}?sort={sort}")
        assert sorted(urls) == sorted(documents), sort
        assert in_order([documents[url] for url in urls], fields, sort), sort
        assert by_cursor(loaded.kb.client, f"/v1/{collection}?sort={sort}") == urls, sort


def test_a_walk_through_a_filtered_list(loaded: LoadedService) -> None:
    path = "/v1/entries?topic=ethics&format__not=book&sort=-issued,title"
    urls = by_pages(loaded.kb.client, path)
    assert len(urls) == loaded.kb.client.json(path)["meta"]["count"] > 10
    assert by_cursor(loaded.kb.client, path) == urls


def test_the_default_order_walks_as_well(loaded: LoadedService, collection: str) -> None:
    path = f"/v1/{collection}?select=url"
    assert by_cursor(loaded.kb.client, path) == by_pages(loaded.kb.client, path)


def test_what_does_not_change_is_met_once_while_the_rest_changes(kb: Corpus, kind: Kind) -> None:
    with kb.write() as session:
        for number in range(12):
            make_entry(session, kind, slug=f"kept-{number:02}", title=f"Title {number % 4}")
        for number in range(6):
            make_entry(session, kind, slug=f"moving-{number}", title=f"Title {number % 4}")
    seen: list[str] = []
    following: str | None = f"/v1/{kind.collection}?sort=title&per_page=3&cursor=*"
    turn = 0
    while following:
        page = kb.client.json(following)
        seen += [each["slug"] for each in page["results"]]
        following = page["links"]["next"]
        with kb.write() as session:
            change(session, kind, f"moving-{turn % 6}", title=f"Title {(turn * 3) % 5}")
            make_entry(session, kind, slug=f"new-{turn}", title=f"Title {turn % 4}")
        turn += 1
        assert turn < 20
    kept = [slug for slug in seen if slug.startswith("kept")]
    assert kept == sorted(kept, key=lambda slug: (int(slug[5:]) % 4, slug))
    assert len(kept) == 12


def test_a_cursor_outlives_the_document_it_points_behind(kb: Corpus) -> None:
    with kb.write() as session:
        for number in range(5):
            make_publication(session, slug=f"p-{number}", title=f"{number}")
    page = kb.client.json("/v1/publications?sort=title&per_page=2&cursor=*")
    with kb.write() as session:
        change(session, BY_NAME["publication"], "p-1", title="9", now=NOW)
    assert [each["slug"] for each in kb.client.walk(page["links"]["next"])] == ["p-2", "p-3", "p-4", "p-1"]


@pytest.fixture
def cursor(loaded: LoadedService) -> str:
    found: str = loaded.kb.client.json("/v1/entries?per_page=3&sort=title&cursor=*")["meta"]["next_cursor"]
    return found


def test_a_changed_cursor_is_refused(loaded: LoadedService, cursor: str) -> None:
    for at in range(len(cursor)):
        changed = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        assert refusal(loaded.kb, f"/v1/entries?per_page=3&sort=title&cursor={changed}") == NO_CURSOR


def refusal(kb: Corpus, path: str) -> tuple[str, str]:
    """The code and the sentence of the one fault, which lies in the cursor."""
    (error,) = kb.client.refused(path)["errors"]
    assert error["parameter"] == "cursor"
    return error["code"], error["message"]


NO_CURSOR = "invalid-cursor", "This is not a cursor of this service."
ANOTHERS = "foreign-cursor", "This cursor belongs to another query or sort order; start again with `*`."


@pytest.mark.parametrize("text", ["", "%20", "**", "abc", "%C3%A9%C3%A9", "AAAAAAAAAAAAAAAAAAAAAAAA", "x" * 4000])
def test_what_never_was_a_cursor_is_refused(loaded: LoadedService, text: str) -> None:
    assert refusal(loaded.kb, f"/v1/entries?cursor={text}") == NO_CURSOR


def test_a_cursor_is_cut_short_in_vain(loaded: LoadedService, cursor: str) -> None:
    for length in range(len(cursor)):
        assert loaded.kb.client.get(f"/v1/entries?sort=title&cursor={cursor[:length]}").status_code == 400


@pytest.mark.parametrize("mark", ["!", "%20", "%0A", "."])
def test_a_cursor_with_a_character_of_no_cursor_is_refused(loaded: LoadedService, cursor: str, mark: str) -> None:
    path = f"/v1/entries?per_page=3&sort=title&cursor={cursor[:8]}{mark}{cursor[8:]}"
    assert refusal(loaded.kb, path) == NO_CURSOR


def signed(cursor: str, place: int, value: object) -> str:
    """A cursor with another value at one place, and the checksum of that."""
    parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[6:])
    parts[place] = value
    payload = json.dumps(parts, separators=(",", ":")).encode()
    checksum = blake2b(payload, digest_size=6, person=b"kb-cursor").digest()
    return base64.urlsafe_b64encode(checksum + payload).rstrip(b"=").decode()


VALUES, IDENT, NUMBER = 1, 2, 3


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (VALUES, [7]),
        (VALUES, ["a", "b"]),
        (VALUES, ["a", None]),
        (VALUES, "a"),
        (VALUES, {"a": 1}),
        (VALUES, None),
        (IDENT, "7"),
        (IDENT, True),
        (IDENT, 7.5),
        (IDENT, None),
        (NUMBER, "7"),
        (NUMBER, True),
        (NUMBER, [7]),
    ],
)
def test_a_cursor_made_by_hand_compares_nothing_of_another_type(
    loaded: LoadedService, cursor: str, place: int, value: object
) -> None:
    assert refusal(loaded.kb, f"/v1/entries?sort=title&cursor={signed(cursor, place, value)}") == NO_CURSOR


@pytest.mark.parametrize("values", [["a"], [None]])
def test_a_cursor_made_by_hand_leads_on_from_where_it_says(
    loaded: LoadedService, cursor: str, values: list[str | None]
) -> None:
    forged = signed(signed(cursor, VALUES, values), IDENT, 0)
    rest = [each["url"] for each in loaded.kb.client.walk(f"/v1/entries?sort=title&cursor={forged}")]
    urls = by_pages(loaded.kb.client, "/v1/entries?sort=title")
    assert rest == (urls if values[0] else [])


@pytest.mark.parametrize(
    "path", ["/v1/entries?sort=-title", "/v1/entries?sort=title&topic=trust", "/v1/publications?sort=title"]
)
def test_a_cursor_of_another_question_is_refused(loaded: LoadedService, cursor: str, path: str) -> None:
    assert refusal(loaded.kb, f"{path}&cursor={cursor}") == ANOTHERS


def test_a_cursor_with_relevance_is_refused_and_names_sort(loaded: LoadedService) -> None:
    message = "A cursor requires a sort order, for example `sort=-issued`."
    for path in ("/v1/entries?q=lantern&cursor=*", "/v1/entries?q=lantern&sort=relevance&cursor=*"):
        assert refusal(loaded.kb, path) == ("cursor-with-relevance", message)


def test_the_size_of_a_page_may_change_on_the_way(loaded: LoadedService, cursor: str) -> None:
    rest = [each["url"] for each in loaded.kb.client.walk(f"/v1/entries?per_page=100&sort=title&cursor={cursor}")]
    assert rest == by_pages(loaded.kb.client, "/v1/entries?sort=title")[3:]


def test_words_walk_in_any_order_but_relevance(loaded: LoadedService) -> None:
    path = "/v1/entries?q=lantern&sort=title"
    urls = by_pages(loaded.kb.client, path)
    assert by_cursor(loaded.kb.client, path) == urls
    assert sorted(by_pages(loaded.kb.client, "/v1/entries?q=lantern")) == sorted(urls)


@pytest.mark.parametrize("window", ["page=101&per_page=100", "page=10000&per_page=2", "page=401"])
def test_pages_end_at_ten_thousand_results(loaded: LoadedService, window: str) -> None:
    (error,) = loaded.kb.client.refused(f"/v1/entries?{window}")["errors"]
    assert error["parameter"] == "page"
    assert error["allowed"] == ["cursor"]
    assert "cursor" in error["message"]


def test_the_last_page_within_the_limit_is_served_even_if_empty(loaded: LoadedService) -> None:
    page = loaded.kb.client.json("/v1/entries?page=100&per_page=100")
    assert page["results"] == []
    assert page["links"]["next"] is None
