"""Settings that were renamed: a former name is obeyed until the next minor version, and the new one is said."""

from dataclasses import dataclass
from typing import Final

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from app.config.settings import Settings

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
    """All variables by name in capitals: of `.env`, and of the environment, which wins. Empty ones are not set."""
    sources = (DotEnvSettingsSource(Settings), EnvSettingsSource(Settings))
    return {name.upper(): value for source in sources for name, value in source.env_vars.items() if value is not None}


def former_settings() -> list[FormerSetting]:
    """The settings that are given under a former name."""
    given = environment()
    return [
        FormerSetting(PREFIX + former.upper(), field, value, PREFIX + field.upper() in given)
        for former, field in FORMER_NAMES.items()
        if (value := given.get(PREFIX + former.upper())) is not None
    ]
