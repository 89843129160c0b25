"""`kbclient mirror`: the folder has everything public and nothing else, whatever stopped the runs before."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.documents.revisions import PublishedRevision
from app.harvest.dumps import make_dump
from app.harvest.positions import Position
from app.reading.context import ReadingContext
from knowledge_base_client import KnowledgeBase, MirrorError, Options, Retries, mirror
from knowledge_base_client.cli import main
from knowledge_base_client.mirror import documents, dump_call
from tests.corpus import Corpus
from tests.factories import NOW
from tests.published.random_changes import Staff

OPTIONS = Options(retries=Retries(attempts=500, sleep=lambda _: None))
"""The service lets a download go when it has noticed that its reader has gone: 429 until then."""


class Interrupted(Exception):
    """As if the process had been killed here."""


class Network(httpx.BaseTransport):
    """The way to the service; `cut` says after how many bytes of a dump the line is dead, `seen` what was asked."""

    def __init__(self) -> None:
        self._network = httpx.HTTPTransport()
        self.seen: list[httpx.Request] = []
        self.cut: list[int] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._network.handle_request(request)
        if response.status_code != 429:
            self.seen.append(request)
        if self.cut and response.is_success and request.url.path == "/v1/dump":
            assert isinstance(response.stream, httpx.SyncByteStream)
            return httpx.Response(
                response.status_code, headers=response.headers, stream=Dying(response, self.cut.pop(0))
            )
        return response

    def close(self) -> None:
        self._network.close()


class Dying(httpx.SyncByteStream):
    def __init__(self, response: httpx.Response, length: int) -> None:
        self._response = response
        self._length = length

    def __iter__(self) -> Iterator[bytes]:
        yield self._response.read()[: self._length]
        raise httpx.ReadError("the line is dead")


@pytest.fixture(scope="module")
def staff(empty_service: Corpus) -> Staff:
    staff = Staff(empty_service, seed=11)
    staff.work(30)
    return staff


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network()
    yield network
    network.close()


@pytest.fixture
def kb(empty_service: Corpus, network: Network) -> Iterator[KnowledgeBase]:
    with KnowledgeBase(empty_service.service.settings.base, OPTIONS, transport=network) as found:
        yield found


def dump(service: Corpus, hours: int = 0) -> None:
    urls = service.service.services[ReadingContext].urls
    folder = service.service.settings.dumps
    shutil.rmtree(folder, ignore_errors=True)
    assert make_dump(service.service.sessions, folder, urls, now=NOW + timedelta(hours=hours)) is not None


def public(kb: KnowledgeBase) -> dict[str, Any]:
    """What the lists have, and `body`, which only documents alone have."""
    names = [each["name"] for each in kb.overview()["collections"]]
    found = (each for name in names for each in kb.collection(name).find())
    return {each["id"]: each["title" if "title" in each else "url"] for each in found}


def mirrored(folder: Path) -> dict[str, Any]:
    found = list(documents(folder))
    assert len({each["id"] for each in found}) == len(found)
    return {each["id"]: each["title" if "title" in each else "url"] for each in found}


def test_a_mirror_begins_with_the_dump_and_stays_in_step(
    empty_service: Corpus, staff: Staff, kb: KnowledgeBase, network: Network, tmp_path: Path
) -> None:
    dump(empty_service)
    staff.work(20)
    report = mirror(kb, tmp_path)
    assert report.started_over
    assert mirrored(tmp_path) == public(kb)
    network.seen.clear()
    staff.work(20)
    report = mirror(kb, tmp_path)
    assert (report.started_over, "/v1/dump" in {each.url.path for each in network.seen}) == (False, False)
    assert mirrored(tmp_path) == public(kb)
    assert report.removed
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".new", ".partial", ".gz")]


def test_without_a_dump_it_begins_with_the_first_change(
    empty_service: Corpus, staff: Staff, kb: KnowledgeBase, tmp_path: Path
) -> None:
    shutil.rmtree(empty_service.service.settings.dumps, ignore_errors=True)
    assert mirror(kb, tmp_path).started_over
    assert mirrored(tmp_path) == public(kb)


def test_a_broken_download_goes_on_where_it_was(
    empty_service: Corpus, staff: Staff, kb: KnowledgeBase, network: Network, tmp_path: Path
) -> None:
    dump(empty_service, 1)
    network.cut = [100, 250, 0]
    with pytest.raises(httpx.ReadError):  # the last time nothing came
        mirror(kb, tmp_path)
    mirror(kb, tmp_path)
    ranges = [each.headers.get("range") for each in network.seen if each.url.path == "/v1/dump"]
    assert ranges == [None, "bytes=100-", "bytes=350-", "bytes=350-"]
    assert mirrored(tmp_path) == public(kb)


def test_a_download_that_was_whole_already_is_fetched_again(
    empty_service: Corpus, staff: Staff, kb: KnowledgeBase, tmp_path: Path
) -> None:
    dump(empty_service, 2)
    (whole,) = [*empty_service.service.settings.dumps.glob("*.ndjson.gz")]
    (tmp_path / "dump.partial").write_bytes(whole.read_bytes())
    with closing(kb.connection.stream(dump_call())) as response:
        response.read()
    (tmp_path / "dump.json").write_text(json.dumps({"etag": response.headers["etag"]}))
    mirror(kb, tmp_path)
    assert mirrored(tmp_path) == public(kb)


def test_a_dump_that_was_damaged_is_not_unpacked(
    empty_service: Corpus, staff: Staff, kb: KnowledgeBase, tmp_path: Path
) -> None:
    dump(empty_service, 3)
    (whole,) = [*empty_service.service.settings.dumps.glob("*.ndjson.gz")]
    damaged = bytearray(whole.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    whole.write_bytes(bytes(damaged))
    with pytest.raises(MirrorError, match="checksum"):
        mirror(kb, tmp_path)
    assert not list(documents(tmp_path))


@pytest.mark.parametrize("stage", ["dump", "documents", "changes"])
def test_a_run_that_was_killed_is_made_good_by_the_next(
    empty_service: Corpus, staff: Staff, kb: KnowledgeBase, tmp_path: Path, stage: str
) -> None:
    dump(empty_service, 4)
    staff.work(3)

    def stop(name: str, done: int, total: int | None) -> None:
        if name == stage and done:
            raise Interrupted

    with pytest.raises(Interrupted):
        mirror(kb, tmp_path, stop)
    staff.work(3)
    mirror(kb, tmp_path)
    assert mirrored(tmp_path) == public(kb)


def test_another_past_is_started_over_and_what_never_was_goes(
    empty_service: Corpus, staff: Staff, kb: KnowledgeBase, tmp_path: Path
) -> None:
    dump(empty_service, 5)
    mirror(kb, tmp_path)
    state = json.loads((tmp_path / "mirror.json").read_text())
    state["since"] = Position(1, base=1, known=PublishedRevision(1, 1)).token
    (tmp_path / "mirror.json").write_text(json.dumps(state))
    lost = tmp_path / "publication" / "00000000-0000-4000-8000-000000000000.json"
    lost.parent.mkdir(exist_ok=True)
    lost.write_text("{}")
    assert mirror(kb, tmp_path).started_over
    assert not lost.exists()
    assert mirrored(tmp_path) == public(kb)


def test_a_folder_is_of_one_service_and_one_run(
    empty_service: Corpus, staff: Staff, kb: KnowledgeBase, tmp_path: Path
) -> None:
    with (tmp_path / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(MirrorError, match="Another run"):
            mirror(kb, tmp_path)
    mirror(kb, tmp_path)
    with (
        KnowledgeBase("https://elsewhere.example.org", OPTIONS) as other,
        pytest.raises(MirrorError, match="mirror of"),
    ):
        mirror(other, tmp_path)


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    line = {"change": "created", "id": "../../etc/passwd", "kind": "publication", "document": {}}
    page = {"meta": {"has_more": False, "next": "x", "revision": 1}, "results": [line]}

    def answer(request: httpx.Request) -> httpx.Response:
        found = request.url.path == "/v1/changes"
        return httpx.Response(200 if found else 404, json=page if found else {})

    bad = KnowledgeBase("https://bad.example.org", OPTIONS, transport=httpx.MockTransport(answer))
    with bad, pytest.raises(MirrorError, match="not the name of a document"):
        mirror(bad, tmp_path)


def test_the_command_needs_the_address_once(
    empty_service: Corpus, staff: Staff, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "copy")
    assert main(["mirror", folder]) == 2
    assert "--address" in capsys.readouterr().err
    assert main(["mirror", folder, "--address", empty_service.service.settings.base]) == 0
    assert "made anew" in capsys.readouterr().out
    assert main(["mirror", folder]) == 0
    assert "brought to the present" in capsys.readouterr().out


def test_the_command_says_why_it_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["mirror", str(tmp_path / "file"), "--address", "http://127.0.0.1:1"]) == 1
    assert "FileExistsError: " in capsys.readouterr().err
