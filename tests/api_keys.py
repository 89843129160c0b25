"""People with keys, for tests: what each of them sends carries the key."""

from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from app.kit.clock import utc_now
from app.staff.auth.actors import CLI
from app.staff.auth.keys import make_key
from app.staff.scopes import SCOPES
from tests.client import Client
from tests.corpus import Corpus

numbers = count(1)


@dataclass(frozen=True)
class ApiKeyClient:
    """Asks with a key; `text` is the key as it was shown."""

    client: Client
    name: str
    id: str
    text: str

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.text}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    def request_json(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """The body of an answer that must have this status."""
        response = self(method, path, **more)
        assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text[:1000]}"
        return response.json() if response.content else None


def api_key_client(kb: Corpus, *scopes: str, name: str | None = None, days: int = 30) -> ApiKeyClient:
    """Somebody with a key of those scopes; with all of them where none is named."""
    with kb.write() as session:
        row, token = make_key(
            session,
            name=name or f"Editor {next(numbers)}",
            scopes=scopes or [*SCOPES],
            days=days,
            by=CLI,
            now=utc_now(),
            contact="holder@example.org",
        )
        return ApiKeyClient(kb.client, row.name, row.id, token.text)
