"""What `make audit` and `make sbom` say, from what their tools give them."""

from typing import Any

import pytest

from tools.audit import findings, report
from tools.sbom import completed, locked, vendored

KNOWN = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3"]}]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


def test_a_weakness_is_told_with_its_names_and_what_mends_it() -> None:
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
