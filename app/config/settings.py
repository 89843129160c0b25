"""Every setting, typed, with its help text. The README's table is generated from here (`kb settings`)."""

import re
from datetime import date
from email.utils import parseaddr
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import AnyHttpUrl, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.config.contradictions import find_contradiction
from app.config.setting_types import (
    MAX_DAYS,
    BaseUrl,
    BounceAddress,
    Colour,
    ColourInTheDark,
    Contact,
    Description,
    FileName,
    FolderName,
    HostName,
    Licence,
    Logo,
    Mailbox,
    Origin,
    Page,
    PagesUrl,
    PresetName,
    PresetQuery,
    ProxyNetwork,
    Recipient,
    ReplicaUrl,
    ServerName,
    Title,
)
from app.kit.project_files import project_folder

OLDER_SECRETS: Final = "var/secrets"


class Settings(BaseSettings):
    """Read once, from the environment (prefix `KB_`) or a `.env` file; never changed afterwards."""

    model_config = SettingsConfigDict(
        env_prefix="KB_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    title: Title = Field("The Innovate Project knowledge base", description="Name of the knowledge base.")
    description: Description = Field(
        "What a research project learned about innovation in social care to protect young people from harm "
        "beyond the family home: publications, frameworks, sites and events, by topic, stage and format.",
        description="One or two sentences shown at `/v1` and on the documentation page.",
    )
    licence: Licence = Field("CC-BY-4.0", description="Licence of the descriptions themselves (SPDX identifier).")
    contact: Contact | None = Field(
        None, description="Contact for questions about the service (e-mail address or URL)."
    )
    responsible: Title | None = Field(
        None, description="Name of who is responsible for the knowledge base, at the end of every page."
    )
    help_notice: Description | None = Field(
        None,
        description="What somebody who needs help now should do, at the top of every page; by default there is none.",
    )
    practice: bool = Field(
        False,
        description="A room to practise in, as `kb practice` makes it: every page and every response says so, mails go "
        "into files, and no other server is asked.",
    )
    theme_colour: Colour | None = Field(
        None, description="Colour of links and buttons on pages, for example `#155e63`."
    )
    theme_colour_dark: ColourInTheDark | None = Field(None, description="The same in dark mode.")
    theme_logo: Logo | None = Field(None, description="File of the logo on pages: SVG, PNG or WebP.")
    security_contact: Contact | None = Field(
        None,
        description="Contact for reports of vulnerabilities (e-mail address or URL), in `/.well-known/security.txt`.",
    )
    security_expires: date | None = Field(
        None,
        description="Expiry date of that file, for example `2027-05-31`, less than a year ahead. Afterwards it is 404.",
    )
    security_policy: Page | None = Field(None, description="URL of the disclosure policy.")
    base_url: BaseUrl = Field(
        AnyHttpUrl("http://127.0.0.1:8000"),
        description="Public URL of the service. Absolute URLs are made from it, never from `Host`.",
    )
    pages_url: PagesUrl | None = Field(
        None,
        description="Where the pages of documents are, if a site of your own shows them: `…/publications/its-slug`; by "
        "default at `KB_BASE_URL`. Mails, `links.html` and browsers lead there.",
    )
    database_url: str = Field(
        "sqlite:///var/knowledge-base.sqlite",
        description="Database URL (SQLAlchemy): `sqlite:///file` or `postgresql+psycopg://user@host/name`.",
    )
    replica_url: ReplicaUrl | None = Field(
        None,
        description="Database URL of a read replica (PostgreSQL streaming). Documents that are not in memory are read "
        "from it where it has reached the published revision, otherwise from the primary, as everything else is.",
    )
    seed_directory: FolderName = Field(
        "seed_data",
        description="Directory of YAML files that `kb seed` reads. Without one of this name, those that came with the "
        "installation are read.",
    )
    host: ServerName = Field("127.0.0.1", description="IP address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port for Prometheus, beside the service's own, on the same IP address: not for the public.",
    )
    otlp_endpoint: AnyHttpUrl | None = Field(
        None,
        description="Address that takes OpenTelemetry's traces by OTLP over HTTP, for example "
        "`http://127.0.0.1:4318/v1/traces`; needs the extra `tracing` (`make run TRACING=1`).",
    )
    trace_ratio: float = Field(1.0, gt=0, le=1, description="Share of requests and jobs that are traced.")
    allowed_hosts: list[HostName] = Field(
        default_factory=list,
        description='JSON list of accepted `Host` names, for example `["kb.example.org"]`; an empty list accepts any.',
    )
    trusted_proxies: list[ProxyNetwork] = Field(
        default_factory=list,
        description='JSON list of trusted proxies in front of the service, for example `["10.0.0.0/8"]`. Their '
        "`X-Forwarded-For` identifies the client, by which sign-ups, invalid keys and connections are limited; "
        "otherwise all clients share one limit.",
    )
    staff_origins: list[Origin] = Field(
        default_factory=list,
        description="JSON list of origins whose pages may call `/v1/staff`; public reads allow every origin.",
    )
    document_memory: int = Field(
        32 * 2**20,
        ge=0,
        description="Memory for published documents, in bytes per process; the rest is fetched from the database.",
    )
    response_memory: int = Field(32 * 2**20, ge=0, description="Memory for cached responses, in bytes per process.")
    stale_if_error: int = Field(
        0,
        ge=0,
        le=7 * 86_400,
        description="Seconds for which public responses are served from the cache if the database cannot be reached, "
        "marked with `Cache-Status` and `Age`. With 0, they are 503.",
    )
    shared_cache_seconds: int = Field(
        0,
        ge=0,
        le=60,
        description="Seconds for which a shared cache may use a public response without asking; with 0, it must ask.",
    )
    meaning: bool = Field(
        False,
        description="Also search by meaning where words find little; needs the extra `meaning` (`make run MEANING=1`).",
    )
    assistants: bool = Field(
        False, description="Answer assistants at `/mcp`; needs the extra `assistants` (`make run ASSISTANTS=1`)."
    )
    max_body: int = Field(2**20, ge=1024, description="Maximum size of a request body, in bytes.")
    max_connections: int = Field(
        1000, ge=16, description="Maximum simultaneous connections per process; fewer if the open file limit is lower."
    )
    max_connections_per_client: int = Field(
        100, ge=1, description="Maximum simultaneous connections from one address; behind a trusted proxy, requests."
    )
    outbound: bool = Field(
        True,
        description="Whether the service may send requests to other (public) servers, for example to look up a DOI.",
    )
    websub_hub: Page | None = Field(None, description="WebSub hub, told when a feed has changed and named in feeds.")
    max_import: int = Field(32 * 2**20, ge=1024, description="Maximum size of an import in one request, in bytes.")
    max_export: int = Field(
        500_000, ge=100, description="Maximum number of records in one export; a query that matches more is refused."
    )
    worker: bool = Field(
        True, description="Whether `kb serve` also runs the background worker; otherwise run `kb worker` beside it."
    )
    key_rate_limit: int = Field(1200, ge=1, description="Maximum requests per minute with one key, per process.")
    invalid_key_rate_limit: int = Field(
        60, ge=1, description="Maximum requests per minute without a valid key from one address, per process."
    )
    signup_rate_limit: int = Field(
        30,
        ge=1,
        description="Maximum requests per minute from one address to sign up, confirm or manage, per process.",
    )
    four_eyes: bool = Field(
        False, description="Four-eyes principle: the author of an entry's last change cannot publish it."
    )
    secret_file: FileName = Field(
        "secrets/signing-keys",
        description="File of the keys that sign links in mails and recognise suppressed addresses. It is created with "
        "a new database and required afterwards. All machines share it; keep a copy apart from backups. Default for "
        "older installations: `var/secrets`.",
    )
    presets: dict[PresetName, PresetQuery] = Field(
        {
            "findings": "entries?kind__not=event&kind__not=site&format__not=blog-post&format__not=web-page",
            "blog-posts": "publications?format=blog-post",
            "events": "events",
        },
        description="JSON object of the preset subscriptions: names and queries, as in a URL.",
    )
    signup_mails_per_hour: int = Field(
        300, ge=1, description="Maximum mails per hour to unconfirmed addresses; further sign-ups are ignored."
    )
    keep_pending: int = Field(7, ge=1, le=MAX_DAYS, description="Days until an unconfirmed sign-up is deleted.")
    keep_unsubscribed: int = Field(
        28, ge=0, le=MAX_DAYS, description="Days until the address of an unsubscribed person is deleted."
    )
    keep_mail_bodies: int = Field(7, ge=0, le=MAX_DAYS, description="Days for which the text of mails is kept.")
    keep_deliveries: int = Field(
        365,
        ge=92,
        le=MAX_DAYS,
        description="Days for which delivery records are kept: at least 92, so that nobody receives an entry twice.",
    )
    backup_directory: FolderName = Field("var/backups", description="Directory of the backups that `kb backup` makes.")
    keep_backups: int = Field(
        35,
        ge=1,
        le=MAX_DAYS,
        description="Days after which backups are deleted, as stated in the privacy notice: `kb backup` deletes its "
        "own, you delete all others.",
    )
    index_directory: FolderName = Field(
        "var/index",
        description="Directory that the search index is kept in between two starts, where there are 5,000 documents or "
        "more; shared by the processes of one machine. It may be deleted at any time.",
    )
    dump_directory: FolderName = Field(
        "var/dumps",
        description="Directory of the last two dumps that `/v1/dump` serves; shared by all processes of the service.",
    )
    dump_interval: int = Field(
        60, ge=1, le=MAX_DAYS * 1440, description="Minutes between two dumps, if anything was published."
    )
    usage: bool = Field(
        True, description="Count how often entries are viewed, downloaded and left by their links; nobody's traces."
    )
    public_usage: bool = Field(False, description="Whether everybody may see those counts (`/usage`, `/v1/usage`).")
    count_links: bool = Field(
        False,
        description="Count what readers follow out of pages: such links lead through `/out/…` of our own, which keeps "
        "no identity.",
    )
    keep_usage: int = Field(1827, ge=31, le=MAX_DAYS, description="Days for which counts of use are kept.")
    mail_from: Mailbox = Field("knowledge-base@localhost", description="Sender address of mails.")
    mail_directory: FolderName = Field("var/mail", description="Directory for mails if no mail server is configured.")
    mail_inbox: Mailbox | None = Field(
        None,
        description="Address for unsubscribing by mail; `kb mail bounces` reads its mailbox.",
    )
    mail_allowed: list[Recipient] = Field(
        default_factory=list,
        description=(
            "For test servers: JSON list of the only addresses and domains that receive mail; an empty list allows all."
        ),
    )
    mail_rate_limit: int | None = Field(None, ge=1, description="Maximum mails started per second, over all workers.")
    digest_hour: int = Field(
        7, ge=0, le=23, description="Hour (UTC) at which daily, weekly and monthly digests are sent."
    )
    mail_unconfirmed: Literal["retry", "hold"] = Field(
        "retry",
        description=(
            "What to do with a mail whose delivery is unconfirmed: `retry` with the same Message-ID, or `hold` it for "
            "staff."
        ),
    )
    smtp_host: ServerName | None = Field(
        None, description="Mail server (SMTP); without one, mails are written to files."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="Transport security: STARTTLS, implicit TLS, or none (then no password is allowed)."
    )
    smtp_user: str | None = Field(None, min_length=1, description="User name for the mail server.")
    smtp_password: SecretStr | None = Field(None, description="Password for the mail server.")
    smtp_timeout: int = Field(30, ge=1, le=300, description="Timeout of each SMTP step, in seconds.")
    bounce_address: BounceAddress | None = Field(
        None,
        description="Address that receives bounces, also as `name+anything@`; `kb mail bounces` reads its mailbox.",
    )
    bounce_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="Secret that signs reports to `/v1/mail-reports`; without it, reports are not accepted.",
    )
    slow_request: float = Field(1.0, gt=0, description="Seconds from which on a request is logged as a `warning`.")
    access_log: bool = Field(True, description="Write one JSON line per request to standard output.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Minimum log level.")

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
        """The base URL without a slash at its end."""
        return str(self.base_url).rstrip("/")

    @property
    def pages(self) -> str:
        """Where the pages of documents are, without a slash at its end."""
        return self.pages_url or self.base
