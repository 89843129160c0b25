"""Every setting, typed, with its help text. The README's table is generated from here (`kb settings`)."""

from typing import Literal

from pydantic import AnyHttpUrl, Field, IPvAnyNetwork, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ADDRESS = r"^[^@\s]+@[^@\s]+$"


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
    trusted_proxies: list[IPvAnyNetwork] = Field(
        default_factory=list,
        description='JSON list of proxies in front of the service, as `["10.0.0.0/8"]`, whose `X-Forwarded-For` says '
        "who asks: limits of sign-ups and of wrong keys count by it. Set it behind a proxy, else all readers are one.",
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
    outbound: bool = Field(
        True, description="Whether the service may ask other servers (public ones only), as when a DOI is looked up."
    )
    max_import: int = Field(32 * 2**20, ge=1024, description="Largest file to import in one request, in bytes.")
    worker: bool = Field(
        True, description="Whether `kb serve` also does what is done later; else run `kb worker` beside it."
    )
    key_pace: int = Field(1200, ge=1, description="Most requests a minute with one key, in each process.")
    key_failures: int = Field(
        60, ge=1, description="Most requests a minute without a good key from one address, in each process."
    )
    four_eyes: bool = Field(False, description="Whoever wrote the last change of an entry cannot publish it.")
    secret_file: str = Field(
        "var/secrets",
        description="File of secrets that sign links in mails; made at first need. Keep it, apart from backups.",
    )
    presets: dict[str, str] = Field(
        {
            "findings": "publications?format__not=blog-post",
            "blog-posts": "publications?format=blog-post",
            "events": "events",
        },
        description="JSON object of what readers are offered to subscribe to: names, and lists as in an address.",
    )
    sign_up_mails_an_hour: int = Field(
        300, ge=1, description="Most mails an hour to people who have not confirmed yet; further sign-ups are ignored."
    )
    keep_pending: int = Field(7, ge=1, description="Days until a sign-up that nobody confirmed is forgotten.")
    keep_unsubscribed: int = Field(28, ge=0, description="Days until the address of who unsubscribed is forgotten.")
    keep_mail_bodies: int = Field(7, ge=0, description="Days that the text of a mail is kept.")
    keep_deliveries: int = Field(
        365,
        ge=92,
        description="Days that it is kept what was delivered to whom: 92, so that nobody gets it twice, or more.",
    )
    keep_backups: int = Field(
        35, ge=1, description="Days until you replace a backup, as the privacy notice says: keeping to it is up to you."
    )
    mail_from: str = Field("knowledge-base@localhost", pattern=ADDRESS, description="Address that mail comes from.")
    mail_directory: str = Field("var/mail", description="Folder for mail where no mail server is configured.")
    mail_inbox: str | None = Field(
        None,
        pattern=ADDRESS,
        description="Address where people may unsubscribe by mail; its mailbox is read by `kb mail bounces`.",
    )
    mail_allowed: list[str] = Field(
        default_factory=list,
        description="JSON list of addresses and domains that may be written to; empty: all. For servers to try out.",
    )
    mail_pace: int | None = Field(None, ge=1, description="Most mails begun in a second, over all workers.")
    mail_hour: int = Field(
        7, ge=0, le=23, description="Hour (UTC) at which daily, weekly and monthly digests are made."
    )
    mail_uncertain: Literal["retry", "hold"] = Field(
        "retry",
        description="What becomes of a mail of which nobody knows whether it was taken: sent again, with the same "
        "Message-ID, or held for staff.",
    )
    smtp_host: str | None = Field(None, description="Mail server; without one, mails are files.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="TLS after a greeting, TLS from the first byte, or none (then without a password)."
    )
    smtp_user: str | None = Field(None, description="Name to log in with.")
    smtp_password: SecretStr | None = Field(None, description="Password to log in with.")
    smtp_timeout: int = Field(30, ge=1, le=300, description="Seconds that each step of a delivery may take.")
    bounce_address: str | None = Field(
        None,
        pattern=ADDRESS,
        description="Address that bounces go to, whose mailbox takes `name+anything@` too; read by `kb mail bounces`.",
    )
    bounce_secret: SecretStr | None = Field(
        None, min_length=32, description="Secret that reports to `/v1/mail-reports` are signed with; without it: none."
    )
    access_log: bool = Field(True, description="Write one JSON line a request to standard output.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")

    @property
    def base(self) -> str:
        """The base URL without a slash at its end."""
        return str(self.base_url).rstrip("/")
