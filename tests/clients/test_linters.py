"""The recommended rules of two linters find nothing in the description, not even a hint."""

from pathlib import Path

from tests.clients.conftest import Call


def test_spectral_finds_nothing(call: Call, description: Path) -> None:
    output = call("spectral", "lint", "--ruleset", ".spectral.yaml", "--fail-severity", "hint", description)
    assert "No results with a severity of 'hint' or higher found!" in output


def test_redocly_finds_nothing(call: Call, description: Path) -> None:
    output = call("redocly", "lint", "--config", "redocly.yaml", "--format", "json", description)
    assert '"errors": 0' in output
    assert '"warnings": 0' in output
