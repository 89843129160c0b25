"""Settings that are files, one each, called as the variable would be, in small letters: credentials of systemd
(systemd.io/CREDENTIALS), secrets of containers."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic_settings import EnvSettingsSource

CONTAINERS: Final = Path("/run/secrets")
SYSTEMD: Final = "CREDENTIALS_DIRECTORY"
"""The variable that names the folder."""


class SecretFilesSource(EnvSettingsSource):
    """They are read as variables are. Raises `OSError` or `UnicodeDecodeError` for a file of ours that cannot be read;
    all others are left alone. pydantic-settings has a source of this kind, which leaves out links to other folders, and
    folders in the place of files, without a word."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        files = (path for folder in _folders() for path in sorted(folder.iterdir()))
        ours = (path for path in files if path.name.lower().startswith(self.env_prefix.lower()))
        texts = {path.name.lower(): path.read_text(encoding="utf-8").strip() for path in ours}
        return {name: text for name, text in texts.items() if text}


def _folders() -> list[Path]:
    """Those that are there and may be read; of two files with one name, that in the last counts."""
    named = os.environ.get(SYSTEMD)
    folders = (CONTAINERS, *([Path(named)] if named else ()))
    return [folder for folder in folders if _may_be_read(folder) and folder.is_dir()]


def _may_be_read(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)
