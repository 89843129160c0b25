"""A practice copy: it says so everywhere, nothing leaves it, and it is deleted afterwards."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.config.settings import Settings
from app.mailing.delivery.mailer import make_transport
from app.mailing.delivery.transports import FileTransport
from app.worker import make_outbound
from tests.clients.serving import environment_in
from tests.corpus import Corpus
from tests.database_contents import contents
from tests.databases import Databases
from tests.factories import add_details
from tests.waiting import wait_for_service

pytestmark = pytest.mark.one_engine
KB = str(Path(sys.executable).with_name("kb"))
WORDS = "This is a practice copy"


def test_every_answer_and_every_page_says_so(databases: Databases) -> None:
    copy = databases.copied(databases.template("furnished", add_details))
    with copy as url, closing(Corpus(url, practice=True)) as kb:
        for path in ("/v1/entries", "/v1/entries", "/v1/staff", "/nowhere", "/search", "/docs"):
            assert kb.client.get(path).headers["kb-practice"] == "true", path
        for path in ("/search", "/subscribe", "/topics/ethics", "/docs", "/docs/staff"):
            assert WORDS in kb.client.get(path, Accept="text/html").text, path


def test_other_services_do_not_say_so(databases: Databases) -> None:
    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url)) as kb:
        response = kb.client.get("/docs/staff")
        assert "kb-practice" not in response.headers
        assert WORDS not in response.text


def test_no_mail_and_no_request_leaves_it(tmp_path: Path) -> None:
    server: Any = {"smtp_host": "mail.example.org", "mail_from": "kb@example.org", "base_url": "https://kb.example.org"}
    settings = Settings(_env_file=None, practice=True, mail_directory=str(tmp_path), **server)
    assert isinstance(make_transport(settings), FileTransport)
    assert not make_outbound(settings).enabled


def test_what_is_done_in_it_is_thrown_away(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = environment_in(tmp_path) | {"TMPDIR": str(temporary)}
    environment |= {"KB_INDEX_DIRECTORY": f"{tmp_path}/index", "KB_SMTP_HOST": "127.0.0.1", "KB_SMTP_PORT": "9"}
    run(environment, "migrate")
    key = run(environment, "key", "create", "--name", "Ann Editor").splitlines()[-1]
    before = contents(environment["KB_DATABASE_URL"])
    address = environment["KB_BASE_URL"]
    service = subprocess.Popen([KB, "practice"], env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for_service(address, service)
        holder = {"Authorization": f"Bearer {key}"}
        made = httpx.post(f"{address}/v1/staff/publications", headers=holder, json={"title": "Only to practise"})
        assert (made.status_code, made.headers["kb-practice"]) == (201, "true")
        assert [each.name.startswith("kb-practice-") for each in temporary.iterdir()] == [True]
    finally:
        service.terminate()
        service.wait(timeout=20)
    assert list(temporary.iterdir()) == []
    after = contents(environment["KB_DATABASE_URL"])
    assert (after["revision"], after["entry"]) == (before["revision"], before["entry"])


def run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run([KB, *command], env=os.environ | environment, check=True, capture_output=True, text=True)
    return done.stdout
