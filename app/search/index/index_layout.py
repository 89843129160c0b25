"""What decides the meaning of a stored index: the code that wrote it, and what that stands on."""

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from typing import Final

from app.kit.system.project_files import PACKAGE

LIBRARIES: Final = ("langcodes", "orjson", "pyroaring", "tantivy")
"""Those that the words and the files are made with."""


@cache
def layout_digest() -> str:
    """Another one after any change of the code: what was stored before is then built anew."""
    machine = (platform.python_version(), platform.machine(), platform.system())
    digest = hashlib.sha256(repr([*machine, *map(version, LIBRARIES)]).encode())
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
