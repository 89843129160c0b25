"""The settings of the service: its name, its addresses, its limits, and where it keeps what."""

from datetime import date
from typing import Literal

from pydantic import AnyHttpUrl, Field
from pydantic_settings import BaseSettings

from app.config.setting_types import (
    MAX_DAYS,
    BaseUrl,
    Colour,
    ColourInTheDark,
    Contact,
    Description,
    FolderName,
    HostName,
    Logo,
    Origin,
    PageAddress,
    PagesUrl,
    ProxyNetwork,
    ReplicaUrl,
    ServerName,
    SpdxLicence,
    TimeZone,
    Title,
)


class ServiceSettings(BaseSettings):
    """Read as part of `Settings`."""

    title: Title = Field("The Innovate Project knowledge base", description="Name of the knowledge base.")
    description: Description = Field(
        "What a research project learned about innovation in social care to protect young people from harm "
        "beyond the family home: publications, frameworks, sites and events, by topic, stage and format.",
        description="One or two sentences shown at `/v1` and on the documentation page.",
    )
    licence: SpdxLicence = Field("CC-BY-4.0", description="Licence of the descriptions themselves (SPDX identifier).")
    contact: Contact | None = Field(
        None, description="Contact for questions about the service (e-mail address or URL)."
    )
    responsible: Title | None = Field(
        None,
        description="Name of the person or organisation responsible for the knowledge base, shown at the end of "
        "every page.",
    )
    help_notice: Description | None = Field(
        None,
        description="What somebody who needs help now should do, shown at the top of every page; empty by default.",
    )
    practice: bool = Field(
        False,
        description="A practice copy, as `kb practice` makes it: every page and every response says so, mails go "
        "into files, and no other server is contacted.",
    )
    timezone: TimeZone = Field(
        "Europe/London",
        description="Time zone of the project, by its IANA name: staff read and write times in it on their page.",
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
    security_policy: PageAddress | None = Field(None, description="URL of the disclosure policy.")
    base_url: BaseUrl = Field(
        AnyHttpUrl("http://127.0.0.1:8000"),
        description="Public URL of the service; by default the address that is listened on. Absolute URLs are made "
        "from it, never from `Host`.",
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
    websub_hub: PageAddress | None = Field(
        None, description="WebSub hub, notified when a feed changes and named in feeds."
    )
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
    four_eyes: bool = Field(
        False, description="Four-eyes principle: the author of an entry's last change cannot publish it."
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
        True,
        description="Count how often entries are viewed and downloaded, and their links followed; nobody is tracked.",
    )
    public_usage: bool = Field(False, description="Whether everybody may see these counts (`/usage`, `/v1/usage`).")
    count_links: bool = Field(
        False,
        description="Count which links on pages readers follow: such links lead through `/out/…`, which records "
        "nobody's identity.",
    )
    keep_usage: int = Field(1827, ge=31, le=MAX_DAYS, description="Days for which counts of use are kept.")
    slow_request: float = Field(1.0, gt=0, description="Seconds after which a request is logged as a `warning`.")
    access_log: bool = Field(True, description="Write one JSON line per request to standard output.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Minimum log level.")
