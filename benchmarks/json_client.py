"""One client of the service that sends and understands JSON, over one connection."""

import json
from http.client import HTTPConnection
from typing import Any

PATIENCE = 300.0
"""Seconds to wait for an answer."""


class JsonClient:
    """With `key` that of staff, else a reader. Raises `ConnectionError` for any answer from 400 on."""

    def __init__(self, port: int, key: str | None) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    def get(self, path: str) -> dict[str, Any]:
        return self._answer("GET", path, None, {})

    def send(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        media = "application/merge-patch+json" if method == "PATCH" else "application/json"
        return self._answer(method, path, json.dumps(body).encode(), {"Content-Type": media})

    def close(self) -> None:
        self._connection.close()

    def _answer(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
        self._connection.request(method, path, body, self._headers | headers)
        response = self._connection.getresponse()
        text = response.read()
        if response.status >= 400:
            raise ConnectionError(f"{method} {path}: {response.status} {text.decode()}")
        answer: dict[str, Any] = json.loads(text)
        return answer
