"""Variables that look like settings and are none: a slip of the pen, which would be obeyed by nobody."""

from typing import Final

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from app.config.settings import Settings
from app.kit.text.suggestions import closest_matches

_PREFIX: Final = "KB_"
_KNOWN: Final = tuple(name.upper() for name in Settings.model_fields)


def unknown_settings() -> dict[str, str | None]:
    """Names that begin with `KB_`, of the environment and of `.env`, each with the setting that is nearest."""
    sources = (EnvSettingsSource(Settings), DotEnvSettingsSource(Settings))
    names = {name.upper() for source in sources for name in source.env_vars}
    ours = sorted(name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX))
    return {_PREFIX + name: _nearest(name) for name in ours if name not in _KNOWN}


def _nearest(name: str) -> str | None:
    return next((_PREFIX + near for near in closest_matches(name, _KNOWN, 1)), None)
