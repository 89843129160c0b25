"""The software bill of materials (CycloneDX) of what is installed to serve (`make sbom`): reads that of the Python
packages from standard input, adds what is vendored, and writes the whole to the file that is named."""

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
SWAGGER = PROJECT / "app" / "http" / "docs" / "swagger"
OURS = ("init.js", "legible.css", "forms.css")


def vendored() -> dict[str, Any]:
    """Swagger UI, with the digest of each of its files."""
    version = (SWAGGER / "VERSION").read_text("ascii").strip()
    purl = f"pkg:npm/swagger-ui-dist@{version}"
    files = [path for path in sorted(SWAGGER.glob("*.*")) if path.name not in OURS]
    return {
        "type": "library",
        "bom-ref": purl,
        "name": "swagger-ui-dist",
        "version": version,
        "purl": purl,
        "licenses": [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}],
        "components": [
            {
                "type": "file",
                "bom-ref": f"{purl}#{path.name}",
                "name": path.name,
                "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
            }
            for path in files
        ],
    }


def locked() -> set[str]:
    """Names in the lock, as they are compared (PEP 503)."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==", (PROJECT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    return {plain(name) for name in pins}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def completed(bill: dict[str, Any]) -> dict[str, Any]:
    """With what is vendored. Raises ValueError where a package is not of the lock, or one of the lock is missing."""
    named = {plain(each["name"]) for each in bill["components"]}
    if named ^ locked():
        raise ValueError(f"the bill and the lock differ in {', '.join(sorted(named ^ locked()))}")
    component = vendored()
    root = bill["metadata"]["component"]["bom-ref"]
    needs = {each["ref"]: each for each in bill["dependencies"]}
    needs.setdefault(root, {"ref": root})
    needs[root]["dependsOn"] = sorted({*needs[root].get("dependsOn", ()), component["bom-ref"]})
    needs[component["bom-ref"]] = {"ref": component["bom-ref"]}
    components = [*bill["components"], component]
    return bill | {"components": components, "dependencies": sorted(needs.values(), key=lambda each: str(each["ref"]))}


def main() -> None:
    bill = completed(json.load(sys.stdin))
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill, indent=2) + "\n", "utf-8")
    print(f"{target}: {len(bill['components'])} components, CycloneDX {bill['specVersion']}")


if __name__ == "__main__":
    main()
