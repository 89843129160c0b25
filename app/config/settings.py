"""Every setting, typed, with its help text. The README's table is generated from here (`kb settings`)."""

from typing import Literal

from pydantic import AnyHttpUrl, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, from the environment (prefix `KB_`) or a `.env` file; never changed afterwards."""

    model_config = SettingsConfigDict(env_prefix="KB_", env_file=".env", extra="ignore", frozen=True)

    title: str = Field("The Innovate Project knowledge base", description="Name of the knowledge base.")
    description: str = Field(
        "What a research project learned about innovation in social care to protect young people from harm "
        "beyond the family home: publications, frameworks, sites and events, by topic, stage and format.",
        description="One or two sentences shown at `/v1` and on the documentation page.",
    )
    licence: str = Field("CC-BY-4.0", description="Licence of the descriptions themselves (SPDX identifier).")
    contact: str | None = Field(None, description="Where to write about the service (address or page).")
    base_url: AnyHttpUrl = Field(
        AnyHttpUrl("http://127.0.0.1:8000"),
        description="Public address of the service; every absolute URL is made from it, never from `Host`.",
    )
    database_url: str = Field(
        "sqlite:///var/knowledge-base.sqlite",
        description="SQLAlchemy URL: `sqlite:///file` or `postgresql+psycopg://user@host/name`.",
    )
    seed_directory: str = Field("seed_data", description="Folder of YAML files that `kb seed` reads.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    allowed_hosts: list[str] = Field(
        default_factory=list,
        description='JSON list of accepted `Host` names, as `["kb.example.org"]`; empty accepts any.',
    )
    staff_origins: list[str] = Field(
        default_factory=list,
        description="JSON list of origins whose pages may call `/v1/staff`; public reads allow every origin.",
    )
    document_memory: int = Field(
        32 * 2**20,
        ge=0,
        description="Bytes of published documents kept in each process; the rest is fetched.",
    )
    answer_memory: int = Field(32 * 2**20, ge=0, description="Bytes of finished answers kept in each process.")
    max_body: int = Field(2**20, ge=1024, description="Largest request body in bytes.")
    access_log: bool = Field(True, description="Write one JSON line a request to standard output.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")

    @property
    def base(self) -> str:
        """The base URL without a slash at its end."""
        return str(self.base_url).rstrip("/")
