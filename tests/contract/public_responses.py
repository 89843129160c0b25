"""Everything that the public can ask of a knowledge base, as a walk over its addresses."""

from collections.abc import Iterator
from typing import Any

from tests.client import Client

MAX_FACETS = 10
WORDS = ("about", "trust", "zanzibar")


def addresses(client: Client) -> Iterator[str]:
    """Every list in every format, with its fields, facets and searches, and every single thing in every format."""
    yield from ("/v1", "/openapi.json", "/docs", "/problems", "/health/live", "/health/ready", "/")
    for collection in client.json("/v1")["collections"]:
        fields = client.json(collection["fields_url"])
        yield collection["fields_url"]
        yield from lists(collection["url"], fields)
        for document in client.walk(f"{collection['url']}?per_page=100"):
            yield from singles(client.json(document["url"]), fields)


def lists(url: str, fields: dict[str, Any]) -> Iterator[str]:
    yield url
    yield f"{url}?cursor=*&per_page=2"
    yield from (f"{url}?q={word}" for word in WORDS)
    yield from (f"{url}?as={name}" for name in fields["formats"])
    for start in range(0, len(fields["facets"]), MAX_FACETS):
        yield f"{url}?per_page=1&facets={','.join(fields['facets'][start : start + MAX_FACETS])}"
    for field in fields["fields"]:
        if field["sortable"]:
            yield f"{url}?sort=-{field['name']}&per_page=3"
        if "exists" in field["operators"]:
            yield f"{url}?{field['name']}__exists=true&per_page=1"


def singles(document: dict[str, Any], fields: dict[str, Any]) -> Iterator[str]:
    yield document["url"]
    yield from document["links"]["alternate"].values()
    if fields["include"]:
        yield f"{document['url']}?include={','.join(fields['include'])}"
    for identifier in document.get("identifiers", ()):
        yield f"{document['links']['collection']}/{identifier['scheme']}:{identifier['value']}"


def face(client: Client) -> dict[str, tuple[int, str]]:
    """What every address answers, by status and body."""
    found = {}
    for url in addresses(client):
        response = client.get(url)
        found[url] = (response.status_code, response.text)
    return found
