"""The work of staff, with a key that may do it: thin, for the service's description says what each step takes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from knowledge_base_client.calls import Call, Parameter, pairs, read_json
from knowledge_base_client.connection import AsyncConnection, Connection

Record = dict[str, Any]
MEDIA_TYPES: Final = {
    ".bib": "application/x-bibtex",
    ".csv": "text/csv",
    ".json": "application/vnd.citationstyles.csl+json",
    ".ris": "application/x-research-info-systems",
}
"""Of files of references; of any other the service looks at the text."""


def _path(collection: str, *more: str) -> str:
    """`collection` may have several parts: `vocabularies/topics/terms`."""
    return "/".join(["/v1/staff", quote(collection, safe="/"), *(quote(each, safe=":") for each in more)])


def _post(path: str, body: Mapping[str, Any], idempotency_key: str | None, query: Mapping[str, Parameter]) -> Call[Any]:
    return Call("POST", path, read_json, pairs(query), json=dict(body), headers=_once(idempotency_key))


def _once(idempotency_key: str | None) -> dict[str, str]:
    """The same for all attempts: what was done, though its answer was lost, is not done again."""
    return {"Idempotency-Key": idempotency_key or str(uuid4())}


def _upload(file: Path, idempotency_key: str | None, query: Mapping[str, Parameter]) -> Call[Any]:
    headers = {**_once(idempotency_key), "Content-Type": MEDIA_TYPES.get(file.suffix.lower(), "text/plain")}
    return Call("POST", "/v1/staff/import", read_json, pairs(query), content=file.read_bytes(), headers=headers)


def _edit(collection: str, slug: str, version: int, changes: Mapping[str, Any], query: Mapping[str, Parameter]) -> Any:
    body = {**changes, "version": version}
    return Call("PATCH", _path(collection, slug), read_json, pairs(query), json=body)


class Staff:
    """Every query parameter of an operation may be given: `dry_run=True` looks and changes nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, collection: str, slug: str) -> Record:
        """Drafts and working copies as well."""
        return self._connection.send(Call("GET", _path(collection, slug), read_json))

    def create(
        self, collection: str, data: Mapping[str, Any], *, idempotency_key: str | None = None, **query: Parameter
    ) -> Record:
        """A new draft. Repeating it with the same `idempotency_key` gives the same answer and creates nothing more."""
        return self._connection.send(_post(_path(collection), data, idempotency_key, query))

    def edit(self, collection: str, slug: str, version: int, changes: Mapping[str, Any], **query: Parameter) -> Record:
        """Changes the members that are given, of the version that was read. Raises ApiError (412) where somebody was
        faster."""
        return self._connection.send(_edit(collection, slug, version, changes, query))

    def step(
        self,
        collection: str,
        slug: str,
        action: str,
        body: Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
        **query: Parameter,
    ) -> Record:
        """`publish`, `submit`, `withdraw` and so on: `body` has the `version`, and what else the step takes."""
        return self._connection.send(_post(_path(collection, slug, action), body, idempotency_key, query))

    def upload(self, file: Path | str, *, idempotency_key: str | None = None, **query: Parameter) -> Record:
        """References of a file: what each would become; with `create=True` the drafts are made."""
        return self._connection.send(_upload(Path(file), idempotency_key, query))


class AsyncStaff:
    """The same, awaited."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, collection: str, slug: str) -> Record:
        return await self._connection.send(Call("GET", _path(collection, slug), read_json))

    async def create(
        self, collection: str, data: Mapping[str, Any], *, idempotency_key: str | None = None, **query: Parameter
    ) -> Record:
        return await self._connection.send(_post(_path(collection), data, idempotency_key, query))

    async def edit(
        self, collection: str, slug: str, version: int, changes: Mapping[str, Any], **query: Parameter
    ) -> Record:
        return await self._connection.send(_edit(collection, slug, version, changes, query))

    async def step(
        self,
        collection: str,
        slug: str,
        action: str,
        body: Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
        **query: Parameter,
    ) -> Record:
        return await self._connection.send(_post(_path(collection, slug, action), body, idempotency_key, query))

    async def upload(self, file: Path | str, *, idempotency_key: str | None = None, **query: Parameter) -> Record:
        return await self._connection.send(_upload(Path(file), idempotency_key, query))
