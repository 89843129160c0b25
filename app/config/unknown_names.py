"""Variables that look like settings and are none: a slip of the pen, which would be obeyed by nobody."""

from typing import Final

from app.config.former_names import FORMER_NAMES, PREFIX, environment
from app.config.settings import Settings
from app.kit.text.suggestions import closest_matches

_PRESENT: Final = {name.upper(): name.upper() for name in Settings.model_fields} | {
    former.upper(): present.upper() for former, present in FORMER_NAMES.items()
}
"""By each name that is obeyed, the one that it has now."""


def unknown_settings() -> dict[str, str | None]:
    """Names that begin with `KB_`, of the environment and of `.env`, each with the setting that is nearest."""
    ours = sorted(name.removeprefix(PREFIX) for name in environment() if name.startswith(PREFIX))
    return {PREFIX + name: _nearest(name) for name in ours if name not in _PRESENT}


def _nearest(name: str) -> str | None:
    return next((PREFIX + _PRESENT[near] for near in closest_matches(name, tuple(_PRESENT), 1)), None)
