"""Subscribers, their stored queries, their consent, and the suppression list.

Numbers are never reused (`sqlite_autoincrement`): a link in an old mail must not lead to another subscriber.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.kit.json_types import JsonObject

NO_ID_REUSE = {"sqlite_autoincrement": True}
MAX_ADDRESS_LENGTH = 320
"""Characters: 64 of the local part, `@`, 255 of the domain (RFC 5321 section 4.5.3.1)."""


class SubscriberState(StrEnum):
    pending = "pending"
    """Signed up, and not confirmed yet."""
    active = "active"
    unsubscribed = "unsubscribed"
    bounced = "bounced"
    complained = "complained"


class SubscriptionState(StrEnum):
    pending = "pending"
    active = "active"
    paused = "paused"
    ended = "ended"


class PausedBecause(StrEnum):
    asked = "asked"
    """By the subscriber."""
    term_vanished = "term_vanished"
    """The query names a term that is no more: staff see it."""


class Frequency(StrEnum):
    at_once = "at_once"
    daily = "daily"
    weekly = "weekly"
    monthly = "monthly"


class ConsentKind(StrEnum):
    requested = "requested"
    confirmed = "confirmed"
    changed = "changed"
    withdrawn = "withdrawn"
    imported = "imported"
    erased = "erased"


class SuppressionReason(StrEnum):
    """Why nothing is sent to an address."""

    unsubscribe = "unsubscribe"
    complaint = "complaint"
    hard_bounce = "hard_bounce"
    soft_bounces = "soft_bounces"
    never_again = "never_again"
    """Requested by the owner of the address, through the link in a confirmation mail."""
    manual = "manual"
    erasure = "erasure"


OWN_DECISIONS = (SuppressionReason.unsubscribe, SuppressionReason.erasure)
"""Reasons that the owner of the address can reverse, by signing up and confirming again."""


class Purpose(StrEnum):
    """The purpose of a mailed token, and its prefix: no token is valid for another purpose."""

    confirm = "kbconfirm"
    manage = "kbmanage"


class SignupRow(Base):
    """A sign-up as received, of a known address or not: the request stores this row and its job without any look-up.
    The job processes the row and removes it."""

    __tablename__ = "sign_up"
    __table_args__ = NO_ID_REUSE

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(MAX_ADDRESS_LENGTH))
    queries: Mapped[list[JsonObject]] = mapped_column(JSON)
    """Each as `search.Query.as_json` gives it."""
    frequency: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(20))
    form: Mapped[str] = mapped_column(String(200))
    wording: Mapped[str | None] = mapped_column(Text)
    """The text shown at the form, if the form sends it."""
    trapped: Mapped[bool]
    """The honeypot was filled in."""
    at: Mapped[datetime]


class SubscriberRow(Base):
    """A subscriber. Erasure and retention remove the row."""

    __tablename__ = "subscriber"
    __table_args__ = (Index("ix_subscriber_state", "state", "state_since"), NO_ID_REUSE)

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(MAX_ADDRESS_LENGTH))
    """As it was typed."""
    mailbox: Mapped[str] = mapped_column(String(MAX_ADDRESS_LENGTH))
    """Where mail goes: the local part as typed, the domain in ASCII (A-labels)."""
    unique_key: Mapped[str] = mapped_column(String(MAX_ADDRESS_LENGTH), unique=True)
    """The address in a normal form: see `kit.values.email_addresses`."""
    state: Mapped[str] = mapped_column(String(12))
    state_since: Mapped[datetime]
    language: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    """When the first confirmation mail of this pending period was sent."""
    asked_again_at: Mapped[datetime | None]
    """When the second and last one was sent."""
    reminded_at: Mapped[datetime | None]
    """When the last reminder of existing subscriptions was sent."""
    soft_bounces: Mapped[int] = mapped_column(default=0)
    welcomed_at: Mapped[datetime | None]


class SubscriptionRow(Base):
    """One stored query of one subscriber. Only an active one is ever sent anything."""

    __tablename__ = "subscription"
    __table_args__ = (Index("ix_subscription_due", "state", "frequency"), NO_ID_REUSE)

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)
    sign_up: Mapped[int | None] = mapped_column(index=True)
    """The number of the sign-up that made it: one confirmation confirms all subscriptions of a sign-up."""
    query: Mapped[JsonObject]
    """Canonical JSON of a `search.Query`."""
    query_digest: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of it: each different query is run once, whoever has it."""
    frequency: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    paused_because: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    since: Mapped[int]
    """The revision after which changes are new to the subscriber."""


class TokenRow(Base):
    """A secret that was mailed, as its SHA-256. For a confirmation, `sign_up` is the sign-up to confirm."""

    __tablename__ = "mail_token"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(12))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)
    sign_up: Mapped[int | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class ConsentTextRow(Base):
    """A text that was shown when somebody consented; never altered."""

    __tablename__ = "wording"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class ConsentEventRow(Base):
    """One link of the chain that proves consent; appended and never altered. It holds no address, so it may stay when
    the subscriber is erased."""

    __tablename__ = "consent_event"
    __table_args__ = (Index("ix_consent_event_subscriber", "subscriber_id", "id"), NO_ID_REUSE)

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int]
    subscription_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    asked: Mapped[JsonObject | None]
    """The subscription then: query, frequency, language, state."""
    wording: Mapped[str | None] = mapped_column(ForeignKey("wording.sha256"))
    privacy_notice: Mapped[str | None] = mapped_column(ForeignKey("wording.sha256"))
    """The notice as it was then: the first twelve digits are its version."""
    form: Mapped[str] = mapped_column(String(200))
    """Where it was given: a page, a mail's one-click address, a command, an import."""
    basis: Mapped[str | None] = mapped_column(String(500))
    """For an import: the legal basis."""


class SuppressionRow(Base):
    """Nothing is sent to the address with this HMAC (see `mailing.consent.suppression`)."""

    __tablename__ = "suppression"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(12), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(8))
    """Of the secret that the HMAC was made with."""
    at: Mapped[datetime]


class RateLimitRow(Base):
    """The recent events of one rate limit and client; the lock of the row makes the count exact. Deleted a day
    later."""

    __tablename__ = "attempt"

    scope: Mapped[str] = mapped_column(String(10), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """HMAC of the client, under a key of its own for every purpose (for IP addresses: and every day)."""
    moments: Mapped[list[int]] = mapped_column(JSON)
    """Seconds since 1970, oldest first."""
    last: Mapped[datetime] = mapped_column(index=True)


class DigestRunRow(Base):
    """One pass over the change feed for one frequency, from which digests are planned."""

    __tablename__ = "digest_run"
    __table_args__ = (UniqueConstraint("frequency", "slot"), NO_ID_REUSE)

    id: Mapped[int] = mapped_column(primary_key=True)
    frequency: Mapped[str] = mapped_column(String(10))
    slot: Mapped[str] = mapped_column(String(30))
    """The moment that it was planned for; what is sent at once has the revision that it reaches to."""
    after: Mapped[int]
    until: Mapped[int]
    """Revisions: later than `after`, up to `until`."""
    at: Mapped[datetime]
    reached: Mapped[int] = mapped_column(default=0)
    """Subscribers up to this number have their deliveries."""
    finished_at: Mapped[datetime | None]
