"""The description that readers and partners see, from `openapi.json`, into a file: what their clients are made of."""

import json
import sys
from pathlib import Path

from app.openapi.document import DescriptionPart, part_of

PROJECT = Path(__file__).parents[1]


def main() -> None:
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    whole = json.loads((PROJECT / "openapi.json").read_text("utf-8"))
    target.write_text(json.dumps(part_of(whole, DescriptionPart.public)), encoding="utf-8")


if __name__ == "__main__":
    main()
