"""Statements run in one transaction, with what they need at hand. They may be about kinds that only the copy has."""

import json
import sys
from typing import Any

from sqlalchemy import select

from app.catalogue.entries import EntryRow
from app.catalogue.registry import BY_NAME
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.staff.editing.writer import Change, find, save
from app.staff.queries.subjects import load
from app.staff.workflow.merging import merge


def run(statements: str) -> None:
    sessions = Sessions(make_engine(Settings().database_url))
    with sessions.write() as session:

        def saved(name: str, data: dict[str, Any], row: Any = None, *, as_draft: bool = False) -> None:
            change = Change(BY_NAME[name], BY_NAME[name].input.model_validate(data), row)
            save(session, [change], by="somebody", now=utc_now(), as_draft=as_draft)

        hand = {"session": session, "saved": saved, "find": find, "load": load, "merge": merge, "json": json}
        hand |= {"select": select, "EntryRow": EntryRow, "BY_NAME": BY_NAME, "utc_now": utc_now}
        exec(statements, hand)
    sessions.engine.dispose()


if __name__ == "__main__":
    run(sys.argv[1])
