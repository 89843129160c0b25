"""Who synchronises by ResourceSync ends with exactly what is public, from the well-known address alone."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from xml.etree import ElementTree

import pytest

from app.catalogue.registry import BY_NAME
from app.pages.endpoints import resource_sync
from tests.client import BASE
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, change, make_publication, withdraw

SITEMAP, RS = "{http://www.sitemaps.org/schemas/sitemap/0.9}", "{http://www.openarchives.org/rs/terms/}"
SOURCE = "/.well-known/resourcesync"


@pytest.fixture
def kb(databases: Databases) -> Iterator[Corpus]:
    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url)) as found:
        yield found


class Destination:
    """What the specification calls whoever copies: it knows nothing of this service but its well-known address."""

    def __init__(self, kb: Corpus) -> None:
        self.kb = kb
        self.copies: dict[str, Any] = {}
        self.synchronised = ""

    def read(self, url: str, capability: str) -> ElementTree.Element:
        answer = self.kb.client.get(url)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
        root = ElementTree.fromstring(answer.text)
        assert md_of(root)["capability"] == capability
        return root

    def list_of(self, capability: str) -> ElementTree.Element:
        (capabilities,) = locations(self.read(SOURCE, "description"))
        root = self.read(capabilities, "capabilitylist")
        named = {md_of(each)["capability"]: each for each in root.iter(f"{SITEMAP}url")}
        return self.read(str(named[capability].findtext(f"{SITEMAP}loc")), capability)

    def start(self) -> None:
        root = self.list_of("resourcelist")
        parts = [root]
        if root.tag == f"{SITEMAP}sitemapindex":
            parts = [self.read(url, "resourcelist") for url in locations(root)]
        self.copies = {url: self.kb.client.json(url) for part in parts for url in locations(part)}
        self.synchronised = md_of(root)["at"]

    def follow(self) -> None:
        root = self.list_of("changelist")
        if md_of(root)["from"] > self.synchronised:
            return self.start()
        for each in root.iter(f"{SITEMAP}url"):
            url, md = str(each.findtext(f"{SITEMAP}loc")), md_of(each)
            if md["datetime"] <= self.synchronised:
                continue
            if md["change"] == "deleted":
                assert self.copies.pop(url, None) is None or self.kb.client.get(url).status_code in (301, 308, 410)
            else:
                self.copies[url] = self.kb.client.json(url)
        return None


def md_of(element: ElementTree.Element) -> dict[str, str]:
    """What a list, or one resource in it, says of itself."""
    found = element.find(f"{RS}md")
    assert found is not None
    return found.attrib


def locations(root: ElementTree.Element) -> list[str]:
    return [str(each.text) for each in root.iter(f"{SITEMAP}loc")]


def public(kb: Corpus) -> dict[str, Any]:
    names = {each["name"] for each in kb.client.json("/v1")["collections"]} - {"entries"}
    ids = [(name, each["id"]) for name in names for each in kb.client.walk(f"/v1/{name}?per_page=100&select=id")]
    return {f"{BASE}/v1/{name}/{ident}": kb.client.json(f"/v1/{name}/{ident}") for name, ident in ids}


def work(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="new", title="New")
        make_publication(session, slug="short", title="Gone before anybody came")
        make_publication(session, slug="kept", title="Kept")
        withdraw(session, BY_NAME["publication"], "short")
        change(session, BY_NAME["publication"], "new", slug="renamed", title="Renamed")


def test_a_copy_follows_additions_renamings_and_withdrawals(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="old", title="Old")
        make_publication(session, slug="changed", title="Before")
    copy = Destination(kb)
    copy.start()
    assert copy.copies == public(kb)
    work(kb)
    with kb.write() as session:
        withdraw(session, BY_NAME["publication"], "old")
        change(session, BY_NAME["publication"], "changed", title="After")
    copy.follow()
    assert copy.copies == public(kb)
    assert {"Renamed", "Kept", "After"} < {each.get("title") for each in copy.copies.values()}


def test_a_long_list_comes_in_parts(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource_sync, "MAX_RESOURCES", 3)
    copy = Destination(kb)
    copy.start()
    assert copy.copies == public(kb)
    parts = -(-len(copy.copies) // 3)
    assert parts > 2
    assert kb.client.get(f"/resourcesync/resourcelist/{parts}.xml").status_code == 200
    for number in (0, parts + 1):
        assert kb.client.get(f"/resourcesync/resourcelist/{number}.xml").status_code == 404


def test_who_was_away_for_longer_than_the_change_list_reaches_starts_anew(
    kb: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource_sync, "MAX_CHANGES", 2)
    copy = Destination(kb)
    copy.start()
    work(kb)
    root = copy.list_of("changelist")
    assert len(locations(root)) <= 2
    assert md_of(root)["from"] > copy.synchronised
    copy.follow()
    assert copy.copies == public(kb)


def test_parameters_are_refused_as_on_every_page(kb: Corpus) -> None:
    for path in (SOURCE, *(f"/resourcesync/{name}.xml" for name in ("capabilitylist", "resourcelist", "changelist"))):
        assert kb.client.get(f"{path}?a=b").status_code == 400
        assert kb.client.get(path).headers["etag"]
