"""The settings of mail: subscriptions, the mail server, and how long what is kept."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from app.config.setting_types import (
    MAX_DAYS,
    BounceAddress,
    FileName,
    FolderName,
    Mailbox,
    PresetName,
    PresetQuery,
    Recipient,
    ServerName,
)


class MailSettings(BaseSettings):
    """Read as part of `Settings`."""

    signup_rate_limit: int = Field(
        30,
        ge=1,
        description="Maximum requests per minute from one address to sign up, confirm or manage, per process.",
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
