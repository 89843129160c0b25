"""What is published of a version (`make release`): the wheel, the source distribution, the bill of materials, and the
SHA-256 of each. Refuses a version that CHANGELOG.md does not date."""

import re
import shutil
import sys
import tomllib
from hashlib import sha256
from pathlib import Path

PROJECT = Path(__file__).parents[1]
DIST = PROJECT / "dist"
BILL = PROJECT / "build" / "sbom.cdx.json"


def version() -> str:
    """The one place where it stands."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def is_dated(changes: str, version: str) -> bool:
    """Whether there is a heading of that version with a day: `## 0.2.0, 2026-12-01`."""
    return re.search(rf"^## {re.escape(version)}, \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE) is not None


def checksums(folder: Path) -> str:
    """As `sha256sum --check` reads them."""
    files = sorted(file for file in folder.iterdir() if file.name != "SHA256SUMS")
    return "".join(f"{sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


def main() -> None:
    number = version()
    if not is_dated((PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"), number):
        sys.exit(f"CHANGELOG.md has no heading `## {number}, YYYY-MM-DD`: date the changes, or raise the version.")
    shutil.copyfile(BILL, DIST / f"knowledge_base-{number}.cdx.json")
    (DIST / "SHA256SUMS").write_text(checksums(DIST), encoding="utf-8")
    print((DIST / "SHA256SUMS").read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main()
