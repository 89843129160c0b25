"""What tests of staff's work have in common: things made by their own addresses, and what readers find."""

from typing import Any

from sqlalchemy import func, select

from app.documents.revisions import published_number
from app.documents.store import DocumentRow
from tests.api_keys import ApiKeyClient
from tests.corpus import Corpus

PUBLICATIONS = "/v1/staff/publications"
ONE = {"slug": "one", "title": "First words", "terms": {"format": ["article"]}}


def make(editor: ApiKeyClient, collection: str = "publications", /, **values: Any) -> Any:
    """A draft, or anything that has none."""
    return editor.request_json("POST", f"/v1/staff/{collection}", 201, json=values)


def step(editor: ApiKeyClient, subject: Any, name: str, status: int = 200, /, **values: Any) -> Any:
    """A step taken from the state that is given, by its version."""
    path = subject["links"]["self"].removeprefix("http://127.0.0.1:8000")
    return editor.request_json("POST", f"{path}/{name}", status, json={"version": subject["version"], **values})


def patch(editor: ApiKeyClient, subject: Any, status: int = 200, /, **values: Any) -> Any:
    path = subject["links"]["self"].removeprefix("http://127.0.0.1:8000")
    return editor.request_json("PATCH", path, status, json={"version": subject["version"], **values})


def published(editor: ApiKeyClient, **values: Any) -> Any:
    """A publication that readers can find."""
    return step(editor, make(editor, **{**ONE, **values}), "publish")


def public(kb: Corpus, slug: str = "one") -> Any:
    return kb.client.json(f"/v1/publications/{slug}")


def shelf(kb: Corpus) -> tuple[int, int]:
    """The head and how many documents there are: what no work on drafts may move."""
    with kb.read() as session:
        return published_number(session), session.scalar(select(func.count(DocumentRow.id))) or 0
