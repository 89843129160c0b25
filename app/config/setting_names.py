"""The names of settings in the environment. A former name is obeyed until the next minor version, and the present one
is named; a name that only looks like one of a setting is reported."""

from dataclasses import dataclass
from typing import Final

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from app.config.secret_files import SecretFilesSource
from app.config.settings import Settings
from app.kit.text.suggestions import closest_matches

PREFIX: Final = "KB_"
FORMER_NAMES: Final = {
    "key_pace": "key_rate_limit",
    "key_failures": "invalid_key_rate_limit",
    "subscribe_pace": "signup_rate_limit",
    "sign_up_mails_an_hour": "signup_mails_per_hour",
    "mail_pace": "mail_rate_limit",
    "mail_hour": "digest_hour",
    "mail_uncertain": "mail_unconfirmed",
    "answer_memory": "response_memory",
}
"""By former name, the present one."""
_PRESENT: Final = {name.upper(): name.upper() for name in Settings.model_fields} | {
    former.upper(): present.upper() for former, present in FORMER_NAMES.items()
}
"""By each name that is obeyed, the one that it has now."""


@dataclass(frozen=True, slots=True)
class FormerSetting:
    """A variable that is set under its former name; `is_repeated` where the present one is set as well."""

    former: str
    field: str
    value: str
    is_repeated: bool

    @property
    def present(self) -> str:
        return PREFIX + self.field.upper()


def environment() -> dict[str, str]:
    """All variables by name in capitals: secrets that are files, of `.env`, and of the environment, which wins. Empty
    ones are not set."""
    return {name: value for variables in reversed(_sources().values()) for name, value in variables.items()}


def origin(field: str) -> str:
    """Where a setting comes from: `environment`, `.env`, `secret file` (under a former name, too) or `default`."""
    names = {field, *(former for former, present in FORMER_NAMES.items() if present == field)}
    for place, variables in _sources().items():
        if any(f"{PREFIX}{name.upper()}" in variables for name in names):
            return place
    return "default"


def _sources() -> dict[str, dict[str, str]]:
    """The variables by name in capitals of each place, that first which wins."""
    sources = {
        "environment": EnvSettingsSource(Settings),
        ".env": DotEnvSettingsSource(Settings),
        "secret file": SecretFilesSource(Settings),
    }
    return {
        place: {name.upper(): value for name, value in source.env_vars.items() if value is not None}
        for place, source in sources.items()
    }


def former_settings() -> list[FormerSetting]:
    """The settings that are given under a former name."""
    given = environment()
    return [
        FormerSetting(PREFIX + former.upper(), field, value, PREFIX + field.upper() in given)
        for former, field in FORMER_NAMES.items()
        if (value := given.get(PREFIX + former.upper())) is not None
    ]


def unknown_settings() -> dict[str, str | None]:
    """Names that begin with `KB_`, wherever they are set, each with the setting that is nearest."""
    ours = sorted(name.removeprefix(PREFIX) for name in environment() if name.startswith(PREFIX))
    return {PREFIX + name: _nearest(name) for name in ours if name not in _PRESENT}


def _nearest(name: str) -> str | None:
    return next((PREFIX + _PRESENT[near] for near in closest_matches(name, tuple(_PRESENT), 1)), None)
