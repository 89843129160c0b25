"""Settings that are files, one each, called as the variable would be, in small letters: credentials of systemd
(systemd.io/CREDENTIALS), secrets of containers."""

import os
from pathlib import Path
from typing import Final

CONTAINERS: Final = Path("/run/secrets")
SYSTEMD: Final = "CREDENTIALS_DIRECTORY"
"""The variable that names the folder."""


def secret_folders() -> list[Path]:
    """Those that are there and may be read; of two files with one name, that in the last counts."""
    named = os.environ.get(SYSTEMD)
    folders = (CONTAINERS, *([Path(named)] if named else ()))
    return [folder for folder in folders if _may_be_read(folder) and folder.is_dir()]


def _may_be_read(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def secret_files(prefix: str) -> dict[str, Path]:
    """By name in capitals, those whose names begin so."""
    files = (path for folder in secret_folders() for path in sorted(folder.iterdir()) if path.is_file())
    return {path.name.upper(): path for path in files if path.name.upper().startswith(prefix)}
