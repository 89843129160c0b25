"""What `make audit`, `make sbom` and `make release` say, from what their tools give them."""

from pathlib import Path
from typing import Any

import pytest

from tools.audit import findings, report
from tools.release import checksums, is_dated
from tools.sbom import completed, locked, vendored

KNOWN = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3"]}]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


def test_a_weakness_is_reported_with_its_names_and_what_mends_it() -> None:
    found = {"dependencies": [KNOWN, WEAK]}
    assert list(findings(found)) == ["b 2: PYSEC-1, CVE-1 (mended in: 3)"]
    assert list(report("lock", found)) == [
        "lock: 2 of 2 packages looked up, 1 weaknesses known",
        "    b 2: PYSEC-1, CVE-1 (mended in: 3)",
    ]


def test_what_could_not_be_looked_up_is_not_called_sound() -> None:
    assert list(report("lock", {"dependencies": [KNOWN, UNKNOWN]})) == [
        "lock: 1 of 2 packages looked up, 0 weaknesses known",
        "    NOT AUDITED: the data that can be reached does not know c",
    ]
    assert list(report("lock", {"dependencies": [UNKNOWN]}))[1].endswith("does not know any of them")


def test_the_bill_has_what_is_locked_and_what_is_vendored() -> None:
    bill: dict[str, Any] = {
        "metadata": {"component": {"bom-ref": "root"}},
        "components": [{"name": name, "bom-ref": name} for name in locked()],
        "dependencies": [{"ref": "root", "dependsOn": ["fastapi"]}],
    }
    whole = completed(bill)
    assert whole["components"][-1] == vendored()
    assert {"ref": "root", "dependsOn": ["fastapi", vendored()["bom-ref"]]} in whole["dependencies"]
    assert {each["name"] for each in vendored()["components"]} >= {"swagger-ui-bundle.js", "swagger-ui.css"}
    del bill["components"][0]
    with pytest.raises(ValueError, match="the bill and the lock differ in"):
        completed(bill)


def test_a_version_is_published_only_once_its_changes_have_a_date() -> None:
    assert is_dated("# Changes\n\n## 0.2.0, 2026-12-01\n", "0.2.0")
    for changes in ("## Unreleased\n", "## 0.2.0\n", "## 0x2.0, 2026-12-01\n", "text ## 0.2.0, 2026-12-01\n"):
        assert not is_dated(changes, "0.2.0")


def test_checksums_are_those_that_sha256sum_reads(tmp_path: Path) -> None:
    (tmp_path / "b.whl").write_bytes(b"")
    (tmp_path / "a.tar.gz").write_bytes(b"abc")
    (tmp_path / "SHA256SUMS").write_text("former")
    assert checksums(tmp_path) == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.tar.gz\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b.whl\n"
    )
