"""The folder of the search index: whether what is in it shortens a start."""

from collections.abc import Iterator

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.config.settings import Settings
from app.documents.revisions import published_number
from app.ops.doctor.findings import Finding, fine, problem, unknown, warning
from app.ops.index_process import index_folder
from app.search.index.index_folder import IndexFolder, OutOfDate


def look_at_index(settings: Settings, engine: Engine | None) -> Iterator[Finding]:
    """Whether it is whole, of this version and of this database; `look_at_space` sees whether it can be written."""
    if settings.meaning:
        yield unknown("Not kept on disk: with KB_MEANING each start builds it.")
    elif engine is None:
        yield unknown("Not compared: there is no database of this version to compare with.")
    else:
        with Session(engine) as session:
            yield _compare(index_folder(settings.index), session)


def _compare(folder: IndexFolder, session: Session) -> Finding:
    try:
        stored = folder.check(session)
    except OutOfDate as error:
        return warning(
            f"The index in {folder.path} is not used: {error}. The next start of `kb serve` writes it again."
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        return problem(
            f"The index in {folder.path} cannot be used: {error or type(error).__name__}. Look at the disk; the next "
            "start of `kb serve` deletes it and writes it again."
        )
    if stored is None and not folder.is_due(session):
        return fine("None is stored, and none is needed: with so few documents each start builds it in a second.")
    if stored is None:
        return warning(
            f"None is stored in {folder.path}, so that each start builds it from all documents. The next start of "
            "`kb serve` writes it; the log says if it cannot."
        )
    reached = f"revision {stored.number} of {published_number(session)}, {folder.bytes():,} bytes"
    if folder.is_due(session):
        return warning(f"The index in {folder.path} lags ({reached}): start `kb worker`, which writes it again.")
    return fine(f"The index in {folder.path} is whole and of this database ({reached}).")
