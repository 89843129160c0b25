"""Every example in the README and the guides that asks the service is answered."""

import re
from pathlib import Path

import pytest

from tests.corpus import Corpus

pytestmark = pytest.mark.one_engine

PROJECT = Path(__file__).parents[2]
GUIDE = PROJECT / "docs" / "guide.md"  # held by tests/test_guide.py, which knows the slips it shows
DOCS = sorted({*(PROJECT / "docs").glob("*.md")} - {GUIDE})
PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *DOCS]
"""What a form posts to is no example: a browser tries it (tests/browser)."""
ADDRESS = re.compile(r"(?<!action=.)http://127\.0\.0\.1:8000[^\s\"'`<>)|]*")
COMMAND = re.compile(r"""curl (?:'[^']*'|"[^"]*"|[^'"`\n])+""")


def examples() -> list[object]:
    found = {(page.name, command) for page in PAGES for command in COMMAND.findall(page.read_text(encoding="utf-8"))}
    found = {(name, command) for name, command in found if ADDRESS.search(command)}
    addresses = {
        (page.name, address) for page in PAGES for address in ADDRESS.findall(page.read_text(encoding="utf-8"))
    }
    requested = {address for _, command in found for address in ADDRESS.findall(command)}
    found |= {(name, address) for name, address in addresses if address not in requested}
    return [pytest.param(command, id=f"{name}: {ADDRESS.findall(command)[0][21:]}") for name, command in sorted(found)]


def headers(command: str) -> dict[str, str]:
    return dict(re.split(r":\s*", each, maxsplit=1) for each in re.findall(r"-H ['\"]([^'\"]+)['\"]", command))


@pytest.mark.parametrize("command", examples())
def test_an_example_is_answered(seeded: Corpus, command: str) -> None:
    (address,) = ADDRESS.findall(command)
    path = address.removeprefix("http://127.0.0.1:8000") or "/"
    body = re.search(r"(?:-d|--data|--json) '([^']*)'", command)
    more = {"content": body.group(1).encode()} if body else {}
    kind = {"content-type": "application/json"} if "--json" in command else {}
    answer = seeded.client.request("POST" if body else "GET", path, headers=headers(command) | kind, **more)
    assert answer.status_code == 200, answer.text
    if "results" in answer.text[:400] and answer.headers["content-type"] == "application/json":
        assert answer.json().get("results", True)
