"""An entry with something to hide, of every kind that can have it."""

from typing import Any

from app.catalogue.kind import Kind
from app.catalogue.registry import ENTRY_KINDS
from tests.api_keys import ApiKeyClient
from tests.corpus import Corpus
from tests.factories import make_entry

(KIND,) = (kind for kind in ENTRY_KINDS if kind.confidential)
OTHERS = [kind for kind in ENTRY_KINDS if not kind.confidential]
NAME = "Zedmouth Harbour"
WORD = "lampwright"
NOTES = "Signed with Quillfeather in person."


def place(slug: str) -> str:
    return f"{KIND.collection}/{slug}"


def address(slug: str) -> str:
    return f"/v1/staff/{place(slug)}/confidential"


def keep(editor: ApiKeyClient, slug: str, version: int = 0, **values: Any) -> Any:
    """Write down what must not be told."""
    given = values or {"name": NAME, "words": [WORD], "notes": NOTES}
    return editor.request_json("PATCH", address(slug), json=given | {"version": version})


def hidden(kb: Corpus, editor: ApiKeyClient, slug: str = "place-a", **values: Any) -> str:
    """A published entry with its secrets written down."""
    with kb.write() as session:
        make_entry(session, KIND, slug=slug, title="Place A", **values)
    keep(editor, slug)
    return slug


def make(kb: Corpus, kind: Kind, **values: Any) -> str:
    with kb.write() as session:
        slug: str = make_entry(session, kind, **values).slug
        return slug
