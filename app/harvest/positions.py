"""Where a follower is: after one document of one revision, in one past."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from app.documents.revisions import PublishedRevision, is_published, published_revision
from app.harvest.tokens import decode_token, encode_token
from app.kit.errors import CursorExpired

MAX_REVISION: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Position:
    """After the document `ident` of `revision`; after all of the revision where that is None. The walk that it is in
    began after the revision `base`. `known` is the published revision at which the position was issued: it reveals a
    restored backup."""

    revision: int
    base: int
    ident: int | None = None
    known: PublishedRevision | None = None

    @property
    def token(self) -> str:
        number, epoch = self.known or (0, 0)
        return encode_token((self.revision, self.base, self.ident, number, epoch))


def parse_position(text: str) -> Position:
    """A number of a revision, or a token. Raises ValueError."""
    if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_REVISION:
        return Position(int(text), int(text))
    match decode_token(text):
        case [int(revision), int(base), int() | None as ident, int(number), int(epoch)]:
            return Position(revision, base, ident, PublishedRevision(number, epoch))
    raise ValueError("not a position")


def check_position(session: Session, position: Position) -> None:
    """Raises `CursorExpired` where the database has another past than the one that the position is of. A bare number
    that is not reached yet may be of such a past, or of none."""
    if position.known is not None:
        if not is_published(session, position.known):
            raise CursorExpired(
                "The knowledge base has been restored from a backup: start over, from a dump or with `since=0`."
            )
    elif position.revision > (newest := published_revision(session).number):
        raise CursorExpired(
            f"The newest revision is {newest}: `since` is after it. If you had that number from here, the knowledge "
            "base has been restored from a backup. Start over, from a dump or with `since=0`."
        )
