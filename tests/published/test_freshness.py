"""No stale answer: whoever was told of a commit finds it, in any process and any service."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from app.catalogue.registry import BY_NAME
from tests.corpus import Corpus
from tests.factories import change, make_publication

ROOT = Path(__file__).parents[2]
WRITES = 25
WRITER = f"""
import sys
from app.db.engine import make_engine
from app.db.sessions import Sessions
from tests.factories import make_publication
sessions = Sessions(make_engine(sys.argv[1]))
for number in range({WRITES}):
    with sessions.write() as session:
        make_publication(session, slug=f"p-{{number}}", title=f"Number {{number}}")
    print(number, flush=True)
    sys.stdin.readline()
sessions.engine.dispose()
"""


def test_another_process_is_seen_at_once(kb: Corpus, database: str) -> None:
    command = [sys.executable, "-c", WRITER, database]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        for number in range(WRITES):
            assert writer.stdout.readline().strip() == str(number)
            page = kb.client.json("/v1/publications?facets=format")
            assert page["meta"]["count"] == number + 1
            assert page["facets"]["format"]["values"][0]["count"] == number + 1
            assert kb.client.json(f"/v1/publications/p-{number}")["title"] == f"Number {number}"
            writer.stdin.write("on\n")
            writer.stdin.flush()
        assert writer.wait(timeout=20) == 0


def test_two_services_in_one_process_see_each_other(kb: Corpus, open_another: Callable[[], Corpus]) -> None:
    other = open_another()
    for number in range(6):
        writer, reader = (kb, other) if number % 2 else (other, kb)
        with writer.write() as session:
            make_publication(session, slug=f"p-{number}")
        assert len(reader.client.slugs("/v1/publications")) == number + 1
        assert reader.client.json("/v1") == writer.client.json("/v1")


def test_what_is_rolled_back_is_never_seen(kb: Corpus) -> None:
    with kb.service.sessions.write() as session:
        make_publication(session, slug="gone")
        session.flush()
        session.rollback()
    assert kb.client.slugs("/v1/publications") == []


def test_readers_never_see_half_of_a_change(kb: Corpus, open_another: Callable[[], Corpus]) -> None:
    """Two entries are retitled in one transaction, again and again; no answer shows them apart."""
    publication = BY_NAME["publication"]
    with kb.write() as session:
        make_publication(session, slug="one", title="0")
        make_publication(session, slug="two", title="0")
    other = open_another()

    def write() -> None:
        for turn in range(1, 15):
            with other.write() as session:
                change(session, publication, "one", title=str(turn))
                change(session, publication, "two", title=str(turn))

    thread = Thread(target=write)
    thread.start()
    seen = []
    while thread.is_alive():
        seen.append([each["title"] for each in kb.client.json("/v1/publications?sort=slug")["results"]])
    thread.join()
    assert all(one == two for one, two in seen)
    assert [int(one) for one, _ in seen] == sorted(int(one) for one, _ in seen)
    assert kb.client.json("/v1/publications/two")["title"] == "14"
