"""WebSub: a hub is told which feeds changed, and passes them on to whoever subscribed to them there."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from xml.etree import ElementTree

import pytest

from app.catalogue.registry import BY_NAME
from tests.api_keys import api_key_client
from tests.factories import change, make_publication, withdraw
from tests.webhooks.receiver import listening
from tests.webhooks.webhook_service import WebhookService
from tests.websub.hub import Hub, Subscriber

ATOM = "{http://www.w3.org/2005/Atom}"
BOTH = {"entries.atom", "entries.feed.json", "publications.atom", "publications.feed.json"}
PUBLICATION = BY_NAME["publication"]


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub()
    with listening(found.answer) as port:
        found.url = f"http://partner.test:{port}/"
        yield found


@pytest.fixture
def kb(database: str, hub: Hub) -> Iterator[WebhookService]:
    """Its hub was told of what there was before."""
    with closing(WebhookService(database, websub_hub=hub.url)) as found:
        hub.read = found.client.get
        found.work()
        hub.pings.clear()
        yield found


def publish(kb: WebhookService, slug: str) -> None:
    with kb.write() as session:
        make_publication(session, slug=slug)


def pinged(hub: Hub) -> set[str]:
    """The feeds that it was told of, each once."""
    names = [topic.rpartition("/v1/")[2] for topic in hub.pings]
    assert len(names) == len(set(names))
    hub.pings.clear()
    return set(names)


def ledger(kb: WebhookService, channel: str = "?channel=websub") -> list[dict[str, Any]]:
    """Newest first."""
    staff = api_key_client(kb, "mailing:read")
    found: list[dict[str, Any]] = staff.request_json("GET", f"/v1/staff/mailing/deliveries{channel}")["results"]
    return found


def test_a_subscriber_of_the_hub_has_each_publication_soon_and_each_withdrawal(kb: WebhookService, hub: Hub) -> None:
    subscriber = Subscriber()
    hub.subscribe(subscriber, "/v1/publications.atom")
    publish(kb, "one")
    kb.work()
    assert pinged(hub) == BOTH, "events and frameworks are as they were"
    ((topic, content),) = subscriber.received
    assert topic == "http://127.0.0.1:8000/v1/publications.atom"
    feed = ElementTree.fromstring(content)
    assert {each.get("rel"): each.get("href") for each in feed.findall(f"{ATOM}link")}["hub"] == hub.url
    assert len(feed.findall(f"{ATOM}entry")) == 1
    with kb.write() as session:
        withdraw(session, PUBLICATION, "one")
    kb.work()
    assert ElementTree.fromstring(subscriber.received[1][1]).findall(f"{ATOM}entry") == []
    kb.work()
    assert len(subscriber.received) == 2


@pytest.mark.one_engine
def test_the_feeds_of_whole_collections_name_the_hub_and_no_others(kb: WebhookService, hub: Hub) -> None:
    publish(kb, "one")
    for path in ("/v1/entries.atom", "/v1/entries.feed.json"):
        links = kb.client.get(path).links
        assert links["hub"]["url"] == hub.url
        assert links["self"]["url"] == f"http://127.0.0.1:8000{path}"
        assert hub.url in kb.client.get(path).text
        for query in ("?topic=consent", "?per_page=2", "?page=1"):
            assert "hub" not in kb.client.get(f"{path}{query}").links
            assert hub.url not in kb.client.get(f"{path}{query}").text
    assert kb.client.json("/v1/entries.feed.json")["hubs"] == [{"type": "WebSub", "url": hub.url}]


@pytest.mark.one_engine
def test_an_unreachable_hub_is_pinged_later_and_once_however_much_was_published(kb: WebhookService, hub: Hub) -> None:
    hub.answers = [(503, {"Retry-After": "120"}), *[(502, {})] * 3]
    publish(kb, "one")
    kb.work()
    publish(kb, "two")
    kb.work(seconds=5)
    with kb.write() as session:
        change(session, PUBLICATION, "one", title="Another title")
    kb.work(seconds=5)
    assert pinged(hub) == set()
    kb.work(seconds=25)
    assert len(pinged(hub)) == 3, "the fourth asked for two minutes"
    kb.work(seconds=85)
    assert len(pinged(hub)) == 1
    kb.work(days=1)
    assert pinged(hub) == set()
    sent = ledger(kb)[:4]
    assert {each["feed"].removeprefix("/v1/") for each in sent} == BOTH
    assert {(each["state"], each["tries"], each["reply"]) for each in sent} == {("sent", 2, "HTTP 204")}
    assert ledger(kb, "") == [], "those are mails"


@pytest.mark.one_engine
def test_a_hub_that_is_gone_and_one_that_never_answers_are_given_up(kb: WebhookService, hub: Hub) -> None:
    hub.answers = [(410, {})] * 4
    publish(kb, "one")
    kb.work()
    kb.work(days=1)
    assert pinged(hub) == set()
    hub.answers = [(500, {})] * 1000
    publish(kb, "two")
    for _ in range(40):
        kb.work(hours=1)
    shown = ledger(kb)
    assert {(each["state"], each["tries"], each["error"]) for each in shown[:4]} == {("failed", 32, "Retry: HTTP 500")}
    assert {(each["state"], each["tries"]) for each in shown[4:8]} == {("refused", 1)}
    hub.answers = []
    publish(kb, "three")
    kb.work()
    assert pinged(hub) == BOTH


@pytest.mark.one_engine
def test_without_a_hub_nothing_is_named_and_what_waited_is_dropped(kb: WebhookService, hub: Hub, database: str) -> None:
    hub.answers = [(503, {})] * 4
    publish(kb, "one")
    kb.work()
    with closing(WebhookService(database)) as without:
        assert "hub" not in without.client.get("/v1/entries.atom").links
        without.work(hours=1)
        assert {each["state"] for each in ledger(without)[:4]} == {"dropped"}
    assert pinged(hub) == set()
