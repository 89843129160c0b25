"""What a list asks of the database does not grow with its rows: every list that staff have, and the steps over many."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME, ENTRY_KINDS
from app.feed.deliveries import DeliveryRow
from app.intake.runs.models import ImportRecordRow, ImportRow
from app.kit.clock import utc_now
from app.mailing.delivery.models import AnnouncementRow
from app.mailing.models import DigestRunRow, SubscriberRow, SubscriptionRow
from app.ops.links.models import LinkCheckRow, LinkUseRow
from app.ops.usage.models import UsageRow
from app.staff.auth.actors import CLI
from app.staff.auth.keys import make_key
from app.webhooks.models import WebhookRow
from tests.api_keys import ApiKeyClient, api_key_client
from tests.corpus import Corpus
from tests.factories import NOW, change, make_entry, make_organisation, make_person, make_publication, make_term

FEW, MANY = 2, 8
NAMES = {"vocabulary": "topic", "slug": "changed", "id": "1", "number": "1", "resource_type": "publications"}
"""What stands in the paths of lists below one thing."""
numbers = count(1)


def test_no_list_of_staff_asks_more_for_more_rows(kb: Corpus) -> None:
    ann = api_key_client(kb)
    with kb.write() as session:
        session.add(_import(1))
        make_publication(session, slug="changed", title="Changed 0")
    lists = _lists(kb)
    fill(kb, FEW)
    few = {path: measured(kb, ann, path) for path in lists}
    fill(kb, MANY - FEW)
    many = {path: measured(kb, ann, path) for path in lists}
    assert not [path for path in lists if few[path][1] >= many[path][1]], "a list has no more rows: fill it"
    assert {path: statements for path, (statements, _) in many.items()} == {
        path: statements for path, (statements, _) in few.items()
    }


def test_merging_asks_no_more_once_a_thing_for_what_names_it(kb: Corpus) -> None:
    ann = api_key_client(kb)

    def merged(named_by: int) -> int:
        number = next(numbers)
        with kb.write() as session:
            make_person(session, slug=f"twin-{number}", name="Twin")
            make_person(session, slug=f"other-{number}", name="Other")
            for _ in range(named_by):
                contributors = [{"agent": f"people/twin-{number}", "role": "author"}]
                make_publication(session, contributors=contributors)
        with counted(kb.service.sessions._writing, "FROM revision", "FROM working_copy") as statements:
            version = ann.request_json("GET", f"/v1/staff/people/twin-{number}")["version"]
            body = {"into": f"other-{number}", "version": version}
            ann.request_json("POST", f"/v1/staff/people/twin-{number}/merge", json=body)
        return len(statements)

    assert merged(MANY) == merged(FEW)


@contextmanager
def counted(engine: Engine, *of: str) -> Iterator[list[str]]:
    """The statements meanwhile; of some, those that have one of these in them."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not of or any(each in statement for each in of):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def measured(kb: Corpus, holder: ApiKeyClient, path: str) -> tuple[int, int]:
    """How many statements, how many rows."""
    holder.request_json("GET", path)  # what is kept from one request to the next is there
    with counted(kb.service.sessions.engine) as statements:
        answer = holder.request_json("GET", path)
    return len(statements), len(answer["records"] if "records" in answer else answer["results"])


def _lists(kb: Corpus) -> list[str]:
    """The addresses of all lists that staff can ask for, with as many rows as there may be."""
    described = kb.client.json("/openapi/staff.json")
    found = []
    for path, operations in described["paths"].items():
        names = {_name(described, each) for each in operations.get("get", {}).get("parameters", ())}
        if "per_page" in names or path == "/v1/staff/keys":
            found += [_filled(path, kind) + ("?per_page=100" if "per_page" in names else "") for kind in _kinds(path)]
    return [each + ("&state=broken" if each.startswith("/v1/staff/links") else "") for each in found]


def _name(described: Any, parameter: Any) -> str:
    if "$ref" in parameter:
        parameter = described["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return str(parameter["name"])


def _kinds(path: str) -> list[str]:
    """A list of all of a kind is there for each kind."""
    if path != "/v1/staff/{resource_type}":
        return [NAMES["resource_type"]]
    return [str(kind.collection) for kind in (*ENTRY_KINDS, BY_NAME["person"], BY_NAME["organisation"])]


def _filled(path: str, resource_type: str) -> str:
    term = {"slug": "ethics"} if "vocabularies" in path else {}
    return path.format_map(NAMES | {"resource_type": resource_type} | term)


def fill(kb: Corpus, rows: int) -> None:
    """So many more of everything that is listed, each different from the others."""
    for _ in range(rows):
        number = next(numbers)
        with kb.write() as session:
            _fill_catalogue(session, number)
            _fill_mailing(session, number)
            _fill_webhooks(session, number)
            session.add(_import(number + 1))
            session.flush()
            own = {"import_id": 1, "number": number, "outcome": "refused", "kind": None, "slug": None}
            session.add(ImportRecordRow(**own, shown={"line": number, "reason": "It cannot be read."}))
            make_key(session, name=f"Holder {number}", scopes=["entries:read"], days=9, by=CLI, now=utc_now())


def _fill_catalogue(session: Session, number: int) -> None:
    make_organisation(session, slug=f"org-{number}", name=f"Organisation {number}")
    affiliations = [{"organisation": f"org-{number}"}]
    make_person(session, slug=f"person-{number}", name=f"Person {number}", affiliations=affiliations)
    make_term(session, "topic", slug=f"topic-{number}")
    change(session, BY_NAME["publication"], "changed", title=f"Changed {number}")
    change(session, BY_NAME["term"], "ethics", scheme="topic", label=f"Ethics {number}")
    change(session, BY_NAME["vocabulary"], "stage", label=f"Stage {number}")
    for kind in ENTRY_KINDS:
        entry = make_entry(
            session,
            kind,
            as_draft=number % 2 == 0,
            terms={"format": ["article"], "topic": [f"topic-{number}"]},
            contributors=[{"agent": f"people/person-{number}", "role": "author"}],
        )
    session.flush()
    check = LinkCheckRow(digest=str(number), url=f"https://example.org/{number}", host="example.org", state="broken")
    check.redirects, check.failures = [], 1
    session.add(check)
    session.flush()
    session.add(LinkUseRow(entry_id=entry.id, pointer="/links/0/url", link_id=check.id, seen=NOW))
    day = utc_now().date().isoformat()
    session.add(UsageRow(day=day, use="view", document=entry.uuid, detail="", people=number, robots=0))


def _fill_mailing(session: Session, number: int) -> None:
    address = f"reader-{number}@example.org"
    reader = SubscriberRow(address=address, mailbox=address, unique_key=address, state="active", state_since=NOW)
    reader.language, reader.created_at = "en", NOW
    run = DigestRunRow(frequency="weekly", slot=str(number), after=0, until=number, at=NOW)
    update = AnnouncementRow(subject=f"Update {number}", body="News.", state="sent", written_by="Ann")
    query: dict[str, Any] = {"collection": "publications", "where": None, "q": f"words {number}", "sort": []}
    update.audience, update.created_at, update.updated_at = query, NOW, NOW
    session.add_all([reader, run, update])
    session.flush()
    own = {"query": query, "query_digest": str(number), "frequency": "weekly", "language": "en", "since": 0}
    lost = {"state": "paused", "paused_because": "term_vanished", "created_at": NOW}
    session.add(SubscriptionRow(subscriber_id=reader.id, **own, **lost))
    sent = {"kind": "digest-mail", "state": "sent", "created_at": NOW}
    session.add(DeliveryRow(key=f"digest-mail/{number}", subscriber_id=reader.id, run_id=run.id, **sent))


def _fill_webhooks(session: Session, number: int) -> None:
    hook = WebhookRow(name=f"Hook {number}", url=f"https://example.org/{number}", owner="ann@example.org", query=None)
    hook.documents, hook.state, hook.secret_key, hook.secret_salt = False, "paused", "key", str(number)
    hook.position, hook.revision, hook.turn, hook.version = "", 0, 0, 1
    hook.created_at, hook.created_by = NOW, "Ann"
    session.add(hook)
    session.flush()
    sent = {"kind": "webhook", "channel": "webhook", "state": "sent", "created_at": NOW}
    session.add(DeliveryRow(key=f"webhook/1/{number}", webhook_id=1, **sent))


def _import(number: int) -> ImportRow:
    row = ImportRow(actor="Ann", format="ris", digest=str(number), size=1, position=0, state="waiting")
    row.create, row.publish, row.similar = True, False, False
    row.seen = row.proposed = row.created = row.duplicate = row.refused = 0
    row.created_at = row.updated_at = NOW
    return row
