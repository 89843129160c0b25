"""`/oai`: the Open Archives Initiative Protocol for Metadata Harvesting 2.0, verb by verb and error by error."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from lxml import etree
from sqlalchemy import event

from app.catalogue.registry import BY_NAME
from app.db.engine import is_sqlite
from app.documents.revisions import PublishedRevision
from app.harvest.oai import records
from app.harvest.oai.arguments import Arguments, Resumption
from app.harvest.oai.metadata import METADATA_FORMATS
from app.harvest.oai.policies import describe_policies
from app.kit.clock import rfc3339
from app.kit.values.uuids import named_uuid
from app.staff.queries.subjects import load
from app.staff.workflow.merging import merge
from tests.client import BASE, problem
from tests.corpus import Corpus
from tests.factories import EDITOR, NOW, change, make_framework, make_publication, withdraw

SCHEMA = etree.XMLSchema(file=str(Path(__file__).parent / "schemas" / "OAI-PMH.xsd"))
OAI = {"oai": "http://www.openarchives.org/OAI/2.0/", "dc": "http://purl.org/dc/elements/1.1/"}
POLICIES = {
    "eprints": "http://www.openarchives.org/OAI/1.1/eprints",
    "rights": "http://www.openarchives.org/OAI/2.0/rights/",
}
LATER = NOW + timedelta(days=1)
PUBLICATION, TERM = BY_NAME["publication"], BY_NAME["term"]


class Harvester:
    """Asks, and refuses what is not valid against the schema of the protocol."""

    def __init__(self, kb: Corpus) -> None:
        self.kb = kb

    def ask(self, **arguments: str) -> Any:
        return self.valid(self.kb.client.get(f"/oai?{urlencode({k.rstrip('_'): v for k, v in arguments.items()})}"))

    def valid(self, answer: Any) -> Any:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        tree = etree.fromstring(answer.content)
        SCHEMA.assertValid(tree)
        return tree

    def texts(self, path: str, **arguments: str) -> list[str]:
        return [each.text for each in self.ask(**arguments).iterfind(f".//oai:{path}", OAI)]

    def error(self, **arguments: str) -> str:
        (found,) = self.ask(**arguments).iterfind("oai:error", OAI)
        return str(found.get("code"))

    def headers(self, **arguments: str) -> Iterator[Any]:
        """Of a whole list, through all its resumption tokens."""
        verb = arguments["verb"]
        while True:
            tree = self.ask(**arguments)
            yield from tree.iterfind(".//oai:header", OAI)
            token = tree.find(".//oai:resumptionToken", OAI)
            if token is None or not token.text:
                return
            arguments = {"verb": verb, "resumptionToken": token.text}

    def identifiers(self, **arguments: str) -> list[str]:
        found = self.headers(**{"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", **arguments})
        return [each.find("oai:identifier", OAI).text for each in found]


@pytest.fixture
def oai(kb: Corpus) -> Harvester:
    """Two publications of one day, and a framework of the next."""
    with kb.write() as session:
        make_publication(
            session, slug="one", title="One & <only>", terms={"format": ["book"], "topic": ["consent"]}, issued="2021"
        )
        make_publication(session, slug="two", terms={"format": ["book"], "topic": ["trust"]})
    with kb.write() as session:
        make_framework(session, slug="three", now=LATER)
    return Harvester(kb)


def name_of(oai: Harvester, path: str) -> str:
    return f"oai:127.0.0.1:{oai.kb.client.json(f'/v1/{path}')['id']}"


def test_it_says_what_it_is(oai: Harvester) -> None:
    identify = oai.ask(verb="Identify").find("oai:Identify", OAI)
    assert {each.tag.partition("}")[2]: each.text for each in identify if len(each) == 0} == {
        "repositoryName": "The Innovate Project knowledge base",
        "baseURL": f"{BASE}/oai",
        "protocolVersion": "2.0",
        "adminEmail": "postmaster@127.0.0.1",
        "earliestDatestamp": rfc3339(NOW),
        "deletedRecord": "persistent",
        "granularity": "YYYY-MM-DDThh:mm:ssZ",
        "compression": "gzip",
    }


def test_it_says_under_which_licence_its_metadata_is(oai: Harvester) -> None:
    tree, licence = oai.ask(verb="Identify"), "https://spdx.org/licenses/CC-BY-4.0"
    assert tree.find(".//eprints:content/eprints:URL", POLICIES).text == f"{BASE}/"
    assert tree.find(".//eprints:metadataPolicy/eprints:URL", POLICIES).text == licence
    (manifest,) = tree.iterfind(".//rights:rightsManifest", POLICIES)
    assert manifest.get("appliesTo") == "http://www.openarchives.org/OAI/2.0/entity#metadata"
    assert manifest.find("rights:rights/rights:rightsReference", POLICIES).get("ref") == licence


@pytest.mark.parametrize(("host", "found"), [("kb.example.org", 1), ("localhost", 0), ("192.0.2.1", 0)])
def test_the_shape_of_identifiers_is_described_where_its_schema_knows_the_host(host: str, found: int) -> None:
    """oai-identifier.xsd takes only names of domains for a repository."""
    text = "".join(describe_policies(host, "https://kb.example.org/", "https://spdx.org/licenses/CC0-1.0"))
    assert text.count("<repositoryIdentifier>kb.example.org<") == found
    assert text.count("<sampleIdentifier>oai:kb.example.org:00000000-") == found


def test_get_and_post_are_the_same(oai: Harvester) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = oai.kb.client.request("POST", "/oai", content="verb=ListSets", headers=form)
    sent, got = oai.valid(posted), oai.ask(verb="ListSets")
    sent.remove(sent.find("oai:responseDate", OAI))
    got.remove(got.find("oai:responseDate", OAI))
    assert etree.tostring(sent) == etree.tostring(got)
    problem(oai.kb.client.request("POST", "/oai", json={"verb": "ListSets"}), 415)
    (fault,) = oai.valid(oai.kb.client.request("POST", "/oai")).iterfind("oai:error", OAI)
    assert fault.get("code") == "badVerb"


def test_a_record_is_dublin_core(oai: Harvester) -> None:
    one = name_of(oai, "publications/one")
    tree = oai.ask(verb="GetRecord", identifier=one, metadataPrefix="oai_dc")
    (header,) = tree.iterfind(".//oai:header", OAI)
    assert [each.text for each in header] == [one, rfc3339(NOW), "publications", "format:book", "topic:ethics:consent"]
    assert [each.text for each in tree.iterfind(".//dc:title", OAI)] == ["One & <only>"]
    assert [each.text for each in tree.iterfind(".//dc:date", OAI)] == ["2021"]
    assert tree.find("oai:request", OAI).attrib == {
        "verb": "GetRecord",
        "identifier": one,
        "metadataPrefix": "oai_dc",
    }
    assert oai.texts("metadataPrefix", verb="ListMetadataFormats", identifier=one) == [*METADATA_FORMATS]


@pytest.mark.parametrize("prefix", METADATA_FORMATS)
def test_every_record_comes_in_every_format_in_its_own_namespace(seeded: Corpus, prefix: str) -> None:
    """What is in it is valid against its own schema: `tests/exports` holds the exports to that."""
    harvester = Harvester(seeded)
    tree = harvester.ask(verb="ListRecords", metadataPrefix=prefix)
    metadata = tree.findall(".//oai:metadata", OAI)
    assert len(metadata) == len(tree.findall(".//oai:record", OAI)) > 10
    for each in metadata:
        (root,) = each
        assert etree.QName(root).namespace == METADATA_FORMATS[prefix].namespace


def test_sets_are_collections_and_terms_below_their_wider_ones(oai: Harvester) -> None:
    specs = oai.texts("setSpec", verb="ListSets")
    assert {"publications", "events", "topic", "topic:ethics", "topic:ethics:consent:capacity"} <= {*specs}
    one, two, three = (name_of(oai, path) for path in ("publications/one", "publications/two", "frameworks/three"))
    assert oai.identifiers() == [one, two, three]
    assert oai.identifiers(set="publications") == [one, two]
    assert oai.identifiers(set="topic") == [one, two]
    assert oai.identifiers(set="topic:ethics") == [one]
    for nothing in ("events", "topic:consent", "topic:nothing", "nothing", "vocabularies"):
        arguments = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", "set": nothing}
        assert oai.error(**arguments) == "noRecordsMatch", nothing


def test_what_changed_is_harvested_by_date_to_the_second(oai: Harvester) -> None:
    one, two, three = (name_of(oai, path) for path in ("publications/one", "publications/two", "frameworks/three"))
    assert oai.identifiers(from_=rfc3339(LATER)) == [three]
    assert oai.identifiers(until=rfc3339(LATER - timedelta(seconds=1))) == [one, two]
    assert oai.identifiers(from_="2026-01-01", until="2026-01-01") == [one, two]
    with oai.kb.write() as session:  # what an entry shows counts, not the record alone
        change(session, TERM, "trust", scheme="topic", label="Confidence", now=LATER + timedelta(seconds=1))
    assert oai.identifiers(from_=rfc3339(LATER + timedelta(seconds=1))) == [two]
    arguments = {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from_": "2027-01-01"}
    assert oai.error(**arguments) == "noRecordsMatch"


def test_what_is_withdrawn_stays_as_a_deletion(oai: Harvester) -> None:
    one = name_of(oai, "publications/one")
    with oai.kb.write() as session:
        withdraw(session, PUBLICATION, "one", now=LATER + timedelta(days=1))
    for arguments in ({}, {"set": "publications"}, {"set": "topic:ethics"}, {"from_": "2026-01-03"}):
        request = {"verb": "ListRecords", "metadataPrefix": "oai_dc", **arguments}
        last = list(oai.headers(**request))[-1]
        assert (last.get("status"), last.find("oai:identifier", OAI).text) == ("deleted", one), arguments
    record = oai.ask(verb="GetRecord", identifier=one, metadataPrefix="oai_dc").find(".//oai:record", OAI)
    assert [each.tag.partition("}")[2] for each in record] == ["header"]
    assert one not in oai.identifiers(set="frameworks")


def test_what_was_merged_into_another_stays_as_a_deletion_under_its_own_identifier(oai: Harvester) -> None:
    one = name_of(oai, "publications/one")
    with oai.kb.write() as session:
        merge(session, *(load(session, PUBLICATION, slug) for slug in ("one", "two")), by=EDITOR, now=LATER)
    header = oai.ask(verb="GetRecord", identifier=one, metadataPrefix="oai_dc").find(".//oai:header", OAI)
    assert (header.get("status"), header.find("oai:identifier", OAI).text) == ("deleted", one)


def test_long_lists_come_in_parts_that_meet_whatever_changes_between(
    oai: Harvester, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = oai.identifiers()
    monkeypatch.setattr(records, "PER_PAGE", 1)
    assert oai.identifiers() == whole
    assert oai.identifiers(set="publications", from_="2026-01-01") == whole[:2]
    first = oai.ask(verb="ListRecords", metadataPrefix="oai_dc").find(".//oai:resumptionToken", OAI)
    assert first.attrib == {"cursor": "0"}
    with oai.kb.write() as session:
        make_publication(session, slug="four", now=LATER + timedelta(days=1))
        withdraw(session, PUBLICATION, "one", now=LATER + timedelta(days=2))
    rest = list(oai.headers(verb="ListRecords", resumptionToken=first.text))
    assert [each.get("status") for each in rest] == [None, None, None, "deleted"]
    assert rest[-1].find("oai:identifier", OAI).text == whole[0]


def test_a_token_of_before_a_restored_backup_is_refused(oai: Harvester) -> None:
    foreign = Resumption(0, 0, 0, PublishedRevision(1, 1))
    token = Arguments("ListRecords", {}, "oai_dc").token(foreign)
    assert oai.error(verb="ListRecords", resumptionToken=token) == "badResumptionToken"
    assert oai.error(verb="ListSets", resumptionToken=token) == "badResumptionToken"


LIST = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "badVerb"),
        ({"verb": "Nothing"}, "badVerb"),
        ({"verb": "Identify", "set": "topic"}, "badArgument"),
        ({"verb": "ListRecords"}, "badArgument"),
        ({"verb": "GetRecord", "metadataPrefix": "oai_dc"}, "badArgument"),
        ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "nothing"}, "idDoesNotExist"),
        ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "not a URI"}, "badArgument"),
        ({"verb": "ListMetadataFormats", "identifier": f"oai:127.0.0.1:{named_uuid('nothing')}"}, "idDoesNotExist"),
        ({"verb": "ListRecords", "metadataPrefix": "nothing"}, "cannotDisseminateFormat"),
        ({"verb": "ListRecords", "metadataPrefix": "no thing"}, "badArgument"),
        ({**LIST, "from_": "2026"}, "badArgument"),
        ({**LIST, "from_": "2026-02-30"}, "badArgument"),
        ({**LIST, "from_": "2026-02-01", "until": "2026-01-01"}, "badArgument"),
        ({**LIST, "from_": "2026-02-01", "until": "2026-03-01T00:00:00Z"}, "badArgument"),
        ({**LIST, "set": "a b"}, "badArgument"),
        ({**LIST, "resumptionToken": "x"}, "badArgument"),
        ({"verb": "ListRecords", "resumptionToken": "x"}, "badResumptionToken"),
    ],
)
def test_every_error_has_its_code(seeded: Corpus, arguments: dict[str, str], code: str) -> None:
    assert Harvester(seeded).error(**arguments) == code


def test_a_repeated_argument_is_refused(seeded: Corpus) -> None:
    harvester = Harvester(seeded)
    for query, code in (("verb=Identify&verb=Identify", "badVerb"), ("verb=ListRecords&set=a&set=b", "badArgument")):
        (found,) = harvester.valid(seeded.client.get(f"/oai?{query}")).iterfind("oai:error", OAI)
        assert found.get("code") == code


def test_deletions_are_found_without_reading_what_is_live(kb: Corpus) -> None:
    """By their own small index, however large the catalogue; not by that of kinds."""
    statements: list[tuple[str, Any]] = []
    with kb.read() as session:
        engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append((given[2], given[3])))
    Harvester(kb).error(**LIST)
    sql, given = next(each for each in statements if "state <> 'live'" in each[0])
    with kb.read() as session:
        connection = session.connection()
        if not is_sqlite(connection.engine):
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # a small table is read whole otherwise
        explain = "EXPLAIN QUERY PLAN " if is_sqlite(connection.engine) else "EXPLAIN "
        plan = str(connection.exec_driver_sql(explain + sql, given).all())
    assert "ix_document_not_live" in plan
    assert "ix_document_kind_source" not in plan


def test_everything_seeded_is_harvested_once(seeded: Corpus) -> None:
    harvester = Harvester(seeded)
    found = list(harvester.headers(verb="ListRecords", metadataPrefix="oai_dc"))
    names = [each.find("oai:identifier", OAI).text for each in found]
    entries = {f"oai:127.0.0.1:{each['id']}" for each in seeded.client.walk("/v1/entries?cursor=*")}
    assert sorted(names) == sorted(entries)
    named = {each.text for header in found for each in header.iterfind("oai:setSpec", OAI)}
    assert named <= {*harvester.texts("setSpec", verb="ListSets")}
