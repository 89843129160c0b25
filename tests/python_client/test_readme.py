"""What the README of the Python client shows is run, word for word, against the service."""

import re
from pathlib import Path

import pytest

from tests.api_keys import api_key_client
from tests.corpus import Corpus

README = Path(__file__).parents[2] / "clients" / "python" / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=["reading", "changes", "staff"])
def test_an_example_runs(
    block: str, seeded_service: Corpus, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = seeded_service.service.settings.base
    monkeypatch.setenv("KB_STAFF_KEY", api_key_client(seeded_service).text)
    exec(compile(block.replace("http://127.0.0.1:8000", address), str(README), "exec"), {})
