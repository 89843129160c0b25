"""Staff create, change, publish and upload by the Python client."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from knowledge_base_client import ApiError, AsyncKnowledgeBase, KnowledgeBase, Options, Retries
from tests.api_keys import api_key_client
from tests.corpus import Corpus

RIS = "TY  - JOUR\nAU  - van der Berg, Jan\nTI  - {title}\nPY  - 2022\nER  - \n"


@pytest.fixture(scope="module")
def options(seeded_service: Corpus) -> Options:
    key = api_key_client(seeded_service).text
    return Options(key=key, retries=Retries(sleep=lambda _: None))


@pytest.fixture(scope="module")
def staff(address: str, options: Options) -> Iterator[KnowledgeBase]:
    with KnowledgeBase(address, options) as found:
        yield found


def test_an_entry_is_created_changed_and_published(staff: KnowledgeBase) -> None:
    data = {"slug": "a-new-one", "title": "A new one", "summary": "What it is.", "terms": {"format": ["framework"]}}
    made = staff.staff.create("frameworks", data)
    assert (made["slug"], made["version"]) == ("a-new-one", 1)
    changed = staff.staff.edit("frameworks", "a-new-one", 1, {"title": "A newer one"})
    published = staff.staff.step("frameworks", "a-new-one", "publish", {"version": changed["version"]})
    assert published["state"] == "published"
    assert staff.frameworks.get("a-new-one")["title"] == "A newer one"
    with pytest.raises(ApiError, match="412 "):
        staff.staff.edit("frameworks", "a-new-one", 1, {"title": "Too late"})


def test_a_dry_run_changes_nothing(staff: KnowledgeBase) -> None:
    data = {"slug": "never-made", "title": "Never made"}
    assert staff.staff.create("frameworks", data, dry_run=True)["dry_run"] is True
    with pytest.raises(ApiError, match="404 "):
        staff.staff.get("frameworks", "never-made")


def test_what_was_done_though_its_answer_was_lost_is_not_done_again(address: str, options: Options) -> None:
    network = httpx.HTTPTransport()
    lost: list[int] = []

    class Losing(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = network.handle_request(request)
            if not lost:
                lost.append(response.status_code)
                response.close()
                raise httpx.ReadError("the line is dead")
            return response

    with KnowledgeBase(address, options, transport=Losing()) as kb:
        made = kb.staff.create("people", {"slug": "made-once", "name": "Made Once"})
    network.close()
    assert lost == [201]
    assert (made["slug"], made["version"]) == ("made-once", 1)


def test_a_file_of_references_is_looked_at_and_then_taken(staff: KnowledgeBase, tmp_path: Path) -> None:
    file = tmp_path / "references.ris"
    file.write_text(RIS.format(title="A reference of somebody"))
    assert staff.staff.upload(file)["records"][0]["outcome"]
    assert staff.staff.upload(file, create=True)["records"][0]["slug"]


def test_the_asynchronous_client_does_the_same(address: str, options: Options, tmp_path: Path) -> None:
    file = tmp_path / "references.txt"
    file.write_text(RIS.format(title="Another reference"))

    async def done() -> list[object]:
        async with AsyncKnowledgeBase(address, options) as kb:
            made = await kb.staff.create("sites", {"slug": "a-place", "title": "A place"})
            changed = await kb.staff.edit("sites", "a-place", made["version"], {"summary": "Where it was."})
            submitted = await kb.staff.step("sites", "a-place", "submit", {"version": changed["version"]})
            uploaded = await kb.staff.upload(file)
            kept = await kb.staff.get("sites", "a-place")
            return [submitted["state"], kept["data"]["summary"], len(uploaded["records"])]

    assert asyncio.run(done()) == ["in_review", "Where it was.", 1]
