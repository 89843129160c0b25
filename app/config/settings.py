"""Every setting, typed, with its help text. The README's table is generated from here (`kb settings`)."""

import re
from email.utils import parseaddr
from pathlib import Path
from typing import Final, Self

from pydantic import model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.config.contradictions import find_contradiction
from app.config.mail_settings import MailSettings
from app.config.secret_files import SecretFilesSource
from app.config.service_settings import ServiceSettings
from app.kit.system.project_files import project_folder

OLDER_SECRETS: Final = "var/secrets"


class Settings(MailSettings, ServiceSettings):
    """Read once, from the environment (prefix `KB_`), a `.env` file or secrets that are files; never changed
    afterwards."""

    model_config = SettingsConfigDict(
        env_prefix="KB_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The first that has a value counts."""
        return init_settings, env_settings, dotenv_settings, SecretFilesSource(settings_cls)

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        """What each may be by itself and not with the others. Raises ValueError."""
        fault = find_contradiction(self)
        if fault is not None:
            raise ValueError(fault)
        return self

    @property
    def signing_keys(self) -> Path:
        """Where the secrets are: if no file is named, and there is none, perhaps where an older version put them."""
        path, older = Path(self.secret_file), Path(OLDER_SECRETS)
        is_named = "secret_file" in self.model_fields_set
        return older if not is_named and older.is_file() and not path.exists() else path

    @property
    def admin_email(self) -> str:
        """An address for programs that need one: the contact, else the sender of mails, else the postmaster that every
        domain with mail has (RFC 5321 section 4.5.1)."""
        sender = parseaddr(self.mail_from)[1]
        known = (each for each in (self.contact or "", sender) if re.fullmatch(r"[^\s@/]+@[^\s@/]+\.[^\s@/]+", each))
        return next(known, f"postmaster@{self.base_url.host}")

    @property
    def may_ask_others(self) -> bool:
        """Whether requests to other servers are made."""
        return self.outbound and not self.practice

    @property
    def index(self) -> Path:
        return Path(self.index_directory)

    @property
    def dumps(self) -> Path:
        return Path(self.dump_directory)

    @property
    def seeds(self) -> Path:
        """The folder that is named or, where nobody named one and there is none, that of the project."""
        path = Path(self.seed_directory)
        is_named = "seed_directory" in self.model_fields_set
        return path if is_named or path.is_dir() else project_folder(path.name)

    @property
    def base(self) -> str:
        """The base URL without a slash at its end; where none is set, the address that is listened on."""
        if "base_url" in self.model_fields_set:
            return str(self.base_url).rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def pages(self) -> str:
        """Where the pages of documents are, without a slash at its end."""
        return self.pages_url or self.base
