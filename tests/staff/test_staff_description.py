"""What is said of staff operations is true: every example, each alone on freshly seeded data."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.kit.clock import utc_now
from app.kit.values.email_addresses import parse_address
from app.mailing.context import MailContext
from app.mailing.subscriptions.confirmation import activate
from app.mailing.subscriptions.signup import new_subscriber, new_subscription
from app.search.index.index_folder import IndexFolder
from tests.api_keys import ApiKeyClient, api_key_client
from tests.conftest import fill_with_seeds
from tests.corpus import Corpus
from tests.database_contents import contents, files
from tests.databases import Databases
from tests.openapi_description import Operation, example, operations_of, sent

pytestmark = pytest.mark.one_engine

Ask = Callable[..., httpx.Response]


@contextmanager
def fresh(databases: Databases, template: str, **settings: str) -> Iterator[ApiKeyClient]:
    """Somebody who may do everything, at a knowledge base of their own."""
    with databases.copied(template) as url, closing(Corpus(url, **settings)) as kb:
        yield api_key_client(kb)


Open = Callable[[], AbstractContextManager[ApiKeyClient]]


@pytest.fixture(scope="module")
def quick(databases_of: Callable[[str], Databases], tmp_path_factory: pytest.TempPathFactory) -> Open:
    """Where a copy of freshly seeded data costs least: its index is stored, and all copies begin with that."""
    own, folder = databases_of("sqlite"), tmp_path_factory.mktemp("index")
    template = own.template("seeded", fill_with_seeds)
    with own.copied(template) as url, closing(Corpus(url)) as kb, kb.read() as session:
        IndexFolder(folder, kb.snapshot.registry).write(session, patience=0)
    return partial(fresh, own, template, index_directory=str(folder))


@pytest.fixture(scope="module")
def reader(databases: Databases, seeded_database: str) -> Iterator[ApiKeyClient]:
    with fresh(databases, seeded_database) as found:
        yield found


@pytest.fixture(scope="module")
def operations(reader: ApiKeyClient) -> list[Operation]:
    found = operations_of(reader.client.json("/openapi.json"))
    return [each for each in found if "staff" in each.definition["tags"]]


def ask(holder: ApiKeyClient, each: Operation, **more: Any) -> httpx.Response:
    """As described, unchanged: the path, what is required of the query, the body."""
    if each.body is not None and "content" not in more:
        more["json"] = each.body
    params = each.required_query() | more.pop("params", {})
    wanted = [part for part in each.parameters if part["in"] == "header" and part.get("required")]
    headers = {part["name"]: example(part) for part in wanted} | more.pop("headers", {})
    return holder(each.method.upper(), each.example_path(), params=params, headers=headers, **more)


def problems_of(each: Operation, response: httpx.Response) -> list[str]:
    return each.problems_of(response) if response.is_success else [f"{response.status_code} {response.text[:400]}"]


def test_every_example_succeeds_unchanged_on_freshly_seeded_data(quick: Open) -> None:
    """Each alone: what one changes is not there for the next. On PostgreSQL they are tried dry, below."""
    with quick() as reader:
        operations = [
            each for each in operations_of(reader.client.json("/openapi.json")) if "staff" in each.definition["tags"]
        ]
        wrong = {each.name: problems_of(each, ask(reader, each)) for each in operations if each.method == "get"}
    for each in operations:
        if each.method != "get":
            with quick() as holder:
                wrong[each.name] = problems_of(each, ask(holder, each))
    assert {name: problems[:3] for name, problems in wrong.items() if problems} == {}


def test_every_media_type_has_an_example_that_succeeds_unchanged(quick: Open) -> None:
    wrong = {}
    with quick() as holder:
        for each in operations_of(holder.client.json("/openapi.json")):
            for media, text in each.texts.items() if "staff" in each.definition["tags"] else ():
                headers = {"Content-Type": media}
                response = ask(holder, each, content=text, headers=headers, params={"dry_run": "true"})
                if not response.is_success:
                    wrong[each.name, media] = response.text[:400]
    assert wrong == {}


def known_reader(kb: Corpus, folder: Path) -> None:
    """The one whose address the examples name, with mails in files."""
    office = kb.service.services[MailContext]
    with kb.write() as session:
        address = parse_address("reader@example.org")
        row = new_subscriber(session, address, "en", now=utc_now())
        query: dict[str, Any] = {"collection": "events", "where": None, "q": None, "sort": []}
        wish = new_subscription(row.id, query, "daily", "en", now=utc_now())
        session.add(wish)
        session.flush()
        activate(office, session, row, [wish], office.statement("test"), now=utc_now(), basis="a test")
    (folder / "mail").mkdir()
    (folder / "mail" / "one.eml").write_bytes(b"To: reader@example.org\r\n\r\nHello.")


def test_every_example_succeeds_dry_any_number_of_times_and_changes_nothing(
    databases: Databases, seeded_database: str, operations: list[Operation], tmp_path: Path
) -> None:
    """No row of any table, and no byte of any file."""
    wrong = {}
    own = {"secret_file": str(tmp_path / "secrets"), "mail_directory": str(tmp_path / "mail")}
    with databases.copied(seeded_database) as url, closing(Corpus(url, **own)) as kb:
        known_reader(kb, tmp_path)
        holder = api_key_client(kb)
        before, kept = contents(url), files(tmp_path)
        for number, each in enumerate(operations):
            if each.method == "get":
                continue
            headers = {"Idempotency-Key": str(number)} if each.method == "post" else {}
            for _ in range(2):
                response = ask(holder, each, params={"dry_run": "true"}, headers=headers)
                if problems_of(each, response) or response.json()["dry_run"] is not True:
                    wrong[each.name] = response.text[:400]
        after = contents(url)
    assert wrong == {}
    assert files(tmp_path) == kept
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


def test_every_parameter_is_understood_by_its_example(reader: ApiKeyClient, operations: list[Operation]) -> None:
    wrong = {}
    for each in operations:
        for parameter in each.parameters:
            if parameter["in"] == "query" and each.method == "get":
                response = ask(reader, each, params={parameter["name"]: sent(parameter)})
                if problems_of(each, response):
                    wrong[f"{each.path}?{parameter['name']}"] = problems_of(each, response)
    assert wrong == {}


def test_every_post_may_be_repeated(databases: Databases, seeded_database: str, operations: list[Operation]) -> None:
    wrong = []
    with fresh(databases, seeded_database) as holder:
        for number, each in enumerate(operations):
            if each.method == "post":
                repeat = partial(ask, holder, each, headers={"Idempotency-Key": str(number)})
                first, second = repeat(), repeat()
                replayed = second.headers.get("idempotency-replayed") == "true"
                if first.is_success != replayed or second.status_code != first.status_code:
                    wrong.append((each.path, first.status_code, second.status_code))
    assert wrong == []


def test_what_every_operation_may_answer_is_described(operations: list[Operation]) -> None:
    for each in operations:
        expected = {"400", "401", "403", "default"} | ({"404"} if "{" in each.path else set())
        if each.method != "get":
            expected |= {"409", "413"}
        if "requestBody" in each.definition:
            expected |= {"415", "422"}
        if any(parameter["name"] == "If-Match" for parameter in each.parameters):
            expected |= {"412", "428"}
        assert expected <= set(each.definition["responses"]), each.path
        names = {parameter["name"] for parameter in each.parameters}
        assert ("dry_run" in names) == (each.method != "get")
        assert ("Idempotency-Key" in names) == (each.method == "post")
