"""Links and the fields that every answer carries."""

import pytest

from app.http.headers import TypedLink, link_header
from tests.http.conftest import Client


def test_links_are_written_as_rfc_8288_says() -> None:
    links = [
        TypedLink("https://kb.example.org/v1?q=a b>&page=2", "next"),
        TypedLink("/a.bib", "alternate", "text/x-bibtex"),
    ]
    assert link_header(links) == (
        '<https://kb.example.org/v1?q=a%20b%3E&page=2>; rel="next", </a.bib>; rel="alternate"; type="text/x-bibtex"'
    )


@pytest.mark.parametrize("path", ["/page", "/counter", "/nothing", "/broken", "/gone", "/moved", "/problems"])
def test_every_response_has_the_default_headers(client: Client, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
        headers = client(method, path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "cross-origin"
        assert headers["x-request-id"]
        assert headers["cache-control"] in ("public, no-cache", "no-store")
