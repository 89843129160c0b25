"""What tests of staff's work have in common: things made by their own addresses, and what readers find."""

from typing import Any

from sqlalchemy import func, select

from app.documents.revisions import head
from app.documents.store import DocumentRow
from tests.keyholders import KeyHolder
from tests.knowledge import Knowledge

PUBLICATIONS = "/v1/staff/publications"
ONE = {"slug": "one", "title": "First words", "terms": {"format": ["article"]}}


def make(editor: KeyHolder, collection: str = "publications", /, **values: Any) -> Any:
    """A draft, or anything that has none."""
    return editor.done("POST", f"/v1/staff/{collection}", 201, json=values)


def step(editor: KeyHolder, subject: Any, name: str, status: int = 200, /, **values: Any) -> Any:
    """A step taken from the state that is given, by its version."""
    path = subject["links"]["self"].removeprefix("http://127.0.0.1:8000")
    return editor.done("POST", f"{path}/{name}", status, json={"version": subject["version"], **values})


def patch(editor: KeyHolder, subject: Any, status: int = 200, /, **values: Any) -> Any:
    path = subject["links"]["self"].removeprefix("http://127.0.0.1:8000")
    return editor.done("PATCH", path, status, json={"version": subject["version"], **values})


def published(editor: KeyHolder, **values: Any) -> Any:
    """A publication that readers can find."""
    return step(editor, make(editor, **{**ONE, **values}), "publish")


def public(kb: Knowledge, slug: str = "one") -> Any:
    return kb.client.json(f"/v1/publications/{slug}")


def shelf(kb: Knowledge) -> tuple[int, int]:
    """The head and how many documents there are: what no work on drafts may move."""
    with kb.read() as session:
        return head(session), session.scalar(select(func.count(DocumentRow.id))) or 0
