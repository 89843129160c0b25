"""A synchronous client of the service: no sockets, one event loop for all its requests."""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from starlette.types import ASGIApp

BASE = "http://127.0.0.1:8000"

sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # it is not there, and httpx looks for it at every request


class Client:
    """Asks an ASGI application. Close it: the loop has threads."""

    def __init__(self, app: ASGIApp, base_url: str = BASE) -> None:
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base_url)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **more))

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Header names with underscores: `if_none_match`."""
        return self.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def json(self, path: str) -> Any:
        """The body of an answer that must be 200."""
        response = self.get(path)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text[:500]}"
        return response.json()

    def search(self, collection: str, body: Mapping[str, Any]) -> Any:
        """The body of an answer to `POST …/search` that must be 200."""
        response = self.request("POST", f"/v1/{collection}/search", json=body)
        assert response.status_code == 200, f"{body}: {response.status_code} {response.text[:500]}"
        return response.json()

    def slugs(self, path: str) -> list[str]:
        """Of the results on one page."""
        return [each["slug"] for each in self.json(path)["results"]]

    def walk(self, path: str) -> Iterator[dict[str, Any]]:
        """Every result, by following `links.next` to the end."""
        following: str | None = path
        while following:
            page = self.json(following)
            yield from page["results"]
            following = page["links"]["next"]

    def refused(self, path: str, status: int = 400) -> dict[str, Any]:
        """The problem document of an answer that must not be 200."""
        return problem(self.get(path), status)

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document in a response that must have this status."""
    assert response.status_code == status, f"{response.status_code} {response.text[:500]}"
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    return document
