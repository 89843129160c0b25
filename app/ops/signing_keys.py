"""The file of secrets is part of a service's identity: the database knows the fingerprint of every secret, and nothing
that signs or recognises anything begins with another file, or without one.

Links in mails that were sent and the hashes of those who left are worth nothing without the secrets that made them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import String, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base
from app.db.engine import is_sqlite
from app.db.sessions import Sessions
from app.kit.clock import rfc3339
from app.kit.signing_keys import SecretsUnreadable, SigningKeys
from app.mailing.models import SubscriberRow, SuppressionRow

MEANING: Final = (
    "Without it, the unsubscribe links in mails already sent do not work, and suppressed addresses are not recognised: "
    "people who unsubscribed would receive mails again."
)
REMEDY: Final = (
    "Copy the file from another machine, or from the copy that you keep apart from your backups. "
    "If it is lost for good, run `kb secrets accept-loss`."
)


class SigningKeyRow(Base):
    """A secret that was in use. `lost_at`: somebody said that it is not to be had any more, and what that costs."""

    __tablename__ = "signing_key"

    key_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    registered_at: Mapped[datetime]
    lost_at: Mapped[datetime | None]


class WrongSecrets(Exception):
    """The secrets are not those of this database. Its text is for people."""


@dataclass(frozen=True, slots=True)
class KeyLoss:
    """What goes with secrets that are lost: hashes of those who left, and subscribers whose mails have dead links."""

    keys: tuple[str, ...]
    suppressions: int
    subscribers: int


def check_secrets(session: Session, signing_keys: SigningKeys) -> None:
    """Raises WrongSecrets where any that was in use is not there; changes nothing."""
    known = _known(session)
    if not signing_keys.exists and not known and not _in_use(session):
        return
    try:
        present = signing_keys.fingerprints()
    except SecretsUnreadable as error:
        raise WrongSecrets(_missing_file(error, known)) from None
    lacking = [row for row in known if row.lost_at is None and present.get(row.key_id) != row.fingerprint]
    if lacking:
        raise WrongSecrets(
            _missing_keys(signing_keys, [f"{row.key_id} (since {rfc3339(row.registered_at)})" for row in lacking])
        )
    if not known and (strange := _used_keys(session) - present.keys()):
        raise WrongSecrets(_missing_keys(signing_keys, sorted(strange)))


def check_used_keys(session: Session, signing_keys: SigningKeys, key_ids: set[str]) -> None:
    """Raises WrongSecrets where something was made with a secret that is neither there nor known to be lost."""
    lost = {row.key_id for row in _known(session) if row.lost_at is not None}
    if strange := key_ids - signing_keys.fingerprints().keys() - lost:
        raise WrongSecrets(_missing_keys(signing_keys, sorted(strange)))


def wrong_secrets(sessions: Sessions, path: Path) -> list[str]:
    """For a check: what is wrong, a line each."""
    try:
        with sessions.read() as session:
            check_secrets(session, SigningKeys(path))
    except (WrongSecrets, OSError) as error:
        return [str(error)]
    return []


def settle_secrets(sessions: Sessions, signing_keys: SigningKeys, *, now: datetime) -> None:
    """As `check_secrets`. A database that was never used gets its file, and what is in a file that is right is
    registered: at the first start, after an upgrade, and when a secret was added."""
    with sessions.read() as session:
        check_secrets(session, signing_keys)
        if signing_keys.exists and signing_keys.fingerprints().keys() <= {row.key_id for row in _known(session)}:
            return
    with sessions.write() as session:
        _lock(session)
        check_secrets(session, signing_keys)
        if not signing_keys.exists:
            signing_keys.make()
        _register(session, signing_keys, now)


def loss(session: Session, signing_keys: SigningKeys) -> KeyLoss:
    """What would be lost for good; nothing where every secret is there."""
    present = signing_keys.fingerprints() if signing_keys.exists else {}
    known = {
        row.key_id for row in _known(session) if row.lost_at is None and present.get(row.key_id) != row.fingerprint
    }
    gone = sorted(known | (_used_keys(session) - present.keys() - {row.key_id for row in _known(session)}))
    hashes = select(func.count()).select_from(SuppressionRow).where(SuppressionRow.key_id.in_(gone))
    people = session.scalar(select(func.count()).select_from(SubscriberRow)) or 0
    is_lost = bool(gone) or not signing_keys.exists
    return KeyLoss(tuple(gone), session.scalar(hashes) or 0, people if is_lost else 0)


def accept_loss(session: Session, signing_keys: SigningKeys, *, now: datetime) -> None:
    """Go on without the secrets that are not there, with new ones where none is left."""
    _lock(session)
    lost = loss(session, signing_keys)
    for key_id in lost.keys:
        row = session.get(SigningKeyRow, key_id)
        if row is None:
            session.add(SigningKeyRow(key_id=key_id, fingerprint="", registered_at=now, lost_at=now))
        else:
            row.lost_at = now
    session.flush()
    if not signing_keys.exists:
        signing_keys.make()
    _register(session, signing_keys, now)


def listed(session: Session, signing_keys: SigningKeys) -> Sequence[tuple[SigningKeyRow, bool]]:
    """Every secret there was, oldest first, and whether it is in the file."""
    present = signing_keys.fingerprints() if signing_keys.exists else {}
    return [(row, present.get(row.key_id) == row.fingerprint) for row in _known(session)]


def _known(session: Session) -> Sequence[SigningKeyRow]:
    return session.scalars(select(SigningKeyRow).order_by(SigningKeyRow.registered_at, SigningKeyRow.key_id)).all()


def _used_keys(session: Session) -> set[str]:
    """Those that hashes of people who left were made with: of a database that is older than its fingerprints."""
    return set(session.scalars(select(SuppressionRow.key_id).distinct()))


def _in_use(session: Session) -> bool:
    """Whether anybody may hold a link that was signed, or left."""
    tables = (SubscriberRow.id, SuppressionRow.key_id)
    return any(session.scalar(select(column).limit(1)) is not None for column in tables)


def _register(session: Session, signing_keys: SigningKeys, now: datetime) -> None:
    for key_id, fingerprint in signing_keys.fingerprints().items():
        row = session.get(SigningKeyRow, key_id)
        if row is None:
            session.add(SigningKeyRow(key_id=key_id, fingerprint=fingerprint, registered_at=now, lost_at=None))
        elif row.lost_at is not None:  # it was found again
            row.fingerprint, row.lost_at = fingerprint, None
    session.flush()


def _lock(session: Session) -> None:
    """Of two machines that begin at once, the second sees what the first registered."""
    if not is_sqlite(session.get_bind().engine):
        session.execute(text("LOCK TABLE signing_key IN EXCLUSIVE MODE"))


def _missing_file(error: SecretsUnreadable, known: Iterable[SigningKeyRow]) -> str:
    ids = ", ".join(row.key_id for row in known if row.lost_at is None)
    return " ".join((f"{error}.", f"This database was used with {ids or 'one'}.", MEANING, REMEDY))


def _missing_keys(signing_keys: SigningKeys, named: Iterable[str]) -> str:
    return " ".join((f"{signing_keys.path} lacks these secrets of this database: {', '.join(named)}.", MEANING, REMEDY))
