"""A mirror is kept in step with whatever staff do, though it is stopped between any two pages, the service is
replaced, and a backup is restored.

`CRASHES` in the environment says how much (3 unless told; `make crash`, with 50, makes a thousand changes)."""

import copy
import os
import random
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.harvest.dumps import make_dump
from app.reading.context import ReadingContext
from tests.client import BASE
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import NOW, add_details
from tests.harvest.test_changes import as_listed
from tests.harvest.test_dumps import Documents, documents, public
from tests.published.random_changes import Staff

CRASHES = int(os.environ.get("CRASHES", "3"))
CHANGES = 20
"""Between two misfortunes."""
MISFORTUNES = ("a stop", "another service", "a backup", "a restore")


class Mirror:
    """`kept` and `link` are saved together, after every page. A past that is no more makes it start over."""

    def __init__(self) -> None:
        self.kept: Documents = {}
        self.link: str | None = None
        self.beginnings = 0

    def follow(self, kb: Corpus, most: int | None = None) -> None:
        """To the present, or as many pages."""
        pages, has_more = 0, True
        while has_more and pages != most:
            if self.link is None:
                self._begin(kb)
            answer = kb.client.get(f"{self.link}&per_page=7".removeprefix(BASE))
            if answer.status_code == 410:
                self.link = None
                continue
            page = answer.raise_for_status().json()
            for line in page["results"]:
                self.kept.pop(line["id"], None)
                if "document" in line:
                    self.kept[line["id"]] = line["document"]
            self.link = page["links"]["next"].replace("&per_page=7", "")
            has_more = page["meta"]["has_more"]
            pages += 1

    def _begin(self, kb: Corpus) -> None:
        self.beginnings += 1
        service, at = kb.service, NOW + timedelta(hours=self.beginnings)
        make_dump(service.sessions, service.settings.dumps, service.services[ReadingContext].urls, now=at)
        answer = kb.client.get("/v1/dump").raise_for_status()
        self.kept, self.link = documents(answer.content), answer.links["next"]["url"]


class World:
    """The service, staff, and a backup of both: what staff know of is what is there."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self.databases, self.folder = databases, folder
        self.urls: list[str] = []
        self.kb = self._open(databases.template("furnished", add_details))
        self.staff = Staff(self.kb, seed=CRASHES)
        self.saved: tuple[str, dict[str, Any]] | None = None

    def _open(self, origin: str) -> Corpus:
        self.urls.append(self.databases.server.copy(origin))
        return Corpus(self.urls[-1], dump_directory=str(self.folder / f"dumps-{len(self.urls)}"))

    def replace_service(self) -> None:
        """Another service over what was committed: it knows nothing that the one before kept in memory."""
        self.kb.close()
        self._reopen()

    def _reopen(self) -> None:
        self.kb = Corpus(self.urls[-1], dump_directory=str(self.folder / f"dumps-{len(self.urls)}"))
        self.staff.kb = self.kb

    def backup(self) -> None:
        self.kb.close()
        known = {name: copy.deepcopy(value) for name, value in vars(self.staff).items() if name != "kb"}
        self.saved = self.databases.server.copy(self.urls[-1]), known
        self.urls.insert(0, self.saved[0])
        self._reopen()

    def restore(self) -> bool:
        """Whether there was something to be restored."""
        if self.saved is None:
            return False
        url, known = self.saved
        self.kb.close()
        self.kb = self._open(url)
        vars(self.staff).update(copy.deepcopy(known), kb=self.kb)
        return True

    def close(self) -> None:
        self.kb.close()
        for url in self.urls:
            self.databases.server.drop(url)


@pytest.fixture
def world(databases: Databases, tmp_path: Path) -> Iterator[World]:
    with closing(World(databases, tmp_path)) as found:
        yield found


def test_a_mirror_is_kept_in_step_through_stops_other_services_and_restored_backups(world: World) -> None:
    chance, mirror, restored = random.Random(CRASHES), Mirror(), 0
    order = [*MISFORTUNES[2:], *(chance.choice(MISFORTUNES) for _ in range(CRASHES - 2))]
    for misfortune in order:
        world.staff.work(CHANGES // 2)
        mirror.follow(world.kb, most=chance.randint(1, 4))
        match misfortune:
            case "another service":
                world.replace_service()
            case "a backup":
                world.backup()
            case "a restore":
                mirror.follow(world.kb)  # it has what will never have been
                restored += world.restore()
        world.staff.work(CHANGES - CHANGES // 2)
        mirror.follow(world.kb)
        assert as_listed(mirror.kept) == public(world.kb), misfortune
    assert mirror.beginnings == 1 + restored
