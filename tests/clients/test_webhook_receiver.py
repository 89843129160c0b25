"""The receiver in JavaScript that the documentation shows verifies real messages with the public library."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.clients.conftest import HERE, TOOLS
from tests.databases import Databases
from tests.factories import add_details, make_publication
from tests.webhooks.receiver import Receiver
from tests.webhooks.webhook_service import PATH, WebhookService

GUIDE = Path(__file__).parents[2] / "docs" / "webhooks.md"
TELL_PORT = '\nreceiver.on("listening", () => console.log(receiver.address().port));\n'
ANOTHER = "whsec_" + "A" * 44


@pytest.fixture
def kb(databases_of: Callable[[str], Databases]) -> Iterator[WebhookService]:
    sqlite = databases_of("sqlite")
    with sqlite.copied(sqlite.template("furnished", add_details)) as url, closing(WebhookService(url)) as found:
        yield found


@contextmanager
def receiving(secret: str) -> Iterator[tuple[int, IO[str]]]:
    """The port on which it listens, and what it prints."""
    code = re.findall(r"```js\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    path = HERE / "build" / "receiver.mjs"  # below `node_modules`, where the library is found
    path.parent.mkdir(exist_ok=True)
    path.write_text(code + TELL_PORT, encoding="utf-8")
    process = subprocess.Popen(
        [str(TOOLS / "node"), str(path)],
        env=os.environ | {"SECRET": secret, "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:  # closes its output, and waits for its end
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.stdout
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def publish(kb: WebhookService, slug: str) -> str:
    """Its id, once whoever is to be told of it was."""
    with kb.write() as session:
        make_publication(session, slug=slug)
    kb.work()
    return str(kb.client.json(f"/v1/publications/{slug}")["id"])


def test_the_receiver_in_the_documentation_verifies_what_is_sent(kb: WebhookService) -> None:
    webhook = kb.add(Receiver(port=443))
    path = f"{PATH}/{webhook['id']}/secret"
    with receiving(webhook["secret"]) as (port, printed):
        kb.change(webhook, url=Receiver(port=port).url)
        ident = publish(kb, "signed-with-its-secret")
        assert printed.readline() == f"created {ident}\n"
        rotated = kb.staff.request_json("POST", path, 201, json={"overlap_hours": 1})
        ident = publish(kb, "signed-with-both")
        assert printed.readline() == f"created {ident}\n"
    for secret, reply in ((ANOTHER, "HTTP 401"), (rotated["secret"], "HTTP 204")):
        with receiving(secret) as (port, _):
            kb.change(webhook, url=Receiver(port=port).url)
            publish(kb, f"with-{reply[-3:]}")
            kb.work(hours=1)
            assert kb.deliveries(webhook)[0]["reply"] == reply
