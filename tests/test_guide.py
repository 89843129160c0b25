"""What the guide says to type works as it is typed."""

import json
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.corpus import Corpus

GUIDE = (Path(__file__).parents[1] / "docs" / "guide.md").read_text("utf-8")
COMMANDS = [shlex.split(each) for each in re.findall(r"^curl (.*?)$\n(?!  )", GUIDE, re.MULTILINE)]
SPELT_WRONG = "mobilizing"


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: path_of(command[0]))
def test_a_question_is_answered(seeded: Corpus, command: list[str]) -> None:
    (url,) = command
    if SPELT_WRONG in url:
        (fault,) = seeded.client.refused(path_of(url))["errors"]
        assert fault["suggestion"] == "mobilising"
        return
    answer = seeded.client.json(path_of(url))
    assert answer.get("results") or answer.get("collections") or answer.get("fields")


def test_the_tree_is_answered(seeded: Corpus) -> None:
    ((path, body),) = re.findall(r"^curl http://[^/]+(\S+) .* -d '(.*?)'$", GUIDE, re.MULTILINE | re.DOTALL)
    response = seeded.client.request("POST", path, json=json.loads(body))
    assert response.json()["results"]


def test_a_slip_is_reported(seeded: Corpus) -> None:
    (url,) = (command[0] for command in COMMANDS if "tranisitonal" in command[0])
    assert seeded.client.json(path_of(url))["meta"]["did_you_mean"]
