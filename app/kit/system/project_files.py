"""Folders that travel with the code: beside it in the repository, inside it once a wheel is installed."""

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parents[2]
BUNDLED: Final = PACKAGE / "bundled"
"""Where `setup.py` puts them in a wheel."""


def project_folder(name: str) -> Path:
    """The folder of that name: `migrations`, `seed_data`, `docs`."""
    installed = BUNDLED / name
    return installed if installed.is_dir() else PACKAGE.parent / name
