"""People who keep writing to a service that may be killed at any moment, and remember what it acknowledged."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

PUBLICATIONS = "/v1/staff/publications"


@dataclass
class Remembered:
    """What one entry has to be: as it was acknowledged, or as the request that was never answered makes it."""

    acknowledged: dict[str, Any] | None = None
    requested: dict[str, Any] | None = None

    def allowed(self) -> list[dict[str, Any] | None]:
        return [self.acknowledged] if self.requested is None else [self.acknowledged, self.requested]


@dataclass
class Writer:
    """Makes drafts, corrects them, publishes them, corrects them again; one request after the other."""

    name: str
    key: str
    memory: dict[str, Remembered] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def work(self, port: int, stop: threading.Event) -> None:
        """Until `stop`, or until nobody answers."""
        headers = {"Authorization": f"Bearer {self.key}"}
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
                while not stop.is_set():
                    self._one(client)
        except httpx.TransportError:
            return

    def _one(self, client: httpx.Client) -> None:
        slug = f"{self.name}-{next(self.numbers)}"
        own = self.memory[slug] = Remembered()
        draft = {"slug": slug, "title": f"First words of {slug}", "terms": {"format": ["article"]}}
        made = self._ask(client, own, "POST", PUBLICATIONS, draft, {"title": draft["title"], "state": "draft"})
        here = f"{PUBLICATIONS}/{slug}"
        made = self._step(client, own, f"{here}/publish", made, {"title": draft["title"], "state": "published"})
        title = f"Other words of {slug}"
        patch = {"version": made["version"], "title": title}
        made = self._ask(client, own, "PATCH", here, patch, {"title": title, "state": "draft"})
        self._step(client, own, f"{here}/publish", made, {"title": title, "state": "published"})

    def _step(self, client: httpx.Client, own: Remembered, path: str, seen: Any, after: dict[str, Any]) -> Any:
        return self._ask(client, own, "POST", path, {"version": seen["version"]}, after)

    def _ask(
        self, client: httpx.Client, own: Remembered, method: str, path: str, body: Any, after: dict[str, Any]
    ) -> Any:
        own.requested = after
        answer = client.request(method, path, json=body)
        assert answer.status_code in (200, 201), answer.text
        shown = answer.json()
        own.acknowledged, own.requested = after | {"version": shown["version"]}, None
        return shown


def as_it_is(shown: dict[str, Any]) -> dict[str, Any]:
    return {"title": shown["data"]["title"], "state": shown["state"], "version": shown["version"]}
