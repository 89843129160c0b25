"""What the registry of a DOI knows of it, by content negotiation at doi.org (Crossref, DataCite)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow
from app.catalogue.identifiers import IdentifierRow
from app.intake.formats.source_formats import SOURCE_FORMATS
from app.kit.errors import ErrorDetail, Invalid, Unavailable
from app.kit.values.identifiers import normalise, url_for
from app.outbound.client import Outbound, OutboundResponse
from app.outbound.errors import OutboundDisabled, OutboundError

ACCEPT: Final = "application/vnd.datacite.datacite+json, application/vnd.citationstyles.csl+json;q=0.9"
SECONDS: Final = 15.0
MAX_DOI_LENGTH: Final = 2_000
"""Bytes of one line, with all that may stand around it."""
MAX_SIZE: Final = 4 * 2**20
POINTER: Final = "/doi"
MAX_DOIS: Final = 10
"""DOIs of one import."""
AT_ONCE: Final = 4
"""Look-ups in a process: each has a thread, of those that nobody else needs."""
WAIT: Final = 10.0
"""Seconds until one of them is free."""
Address = Callable[[str], str | None]


def doi_address(doi: str) -> str | None:
    return url_for("doi", doi)


class LookUps:
    """Asks registries for who must not wait for them: no thread of the application, no transaction. `close` it."""

    def __init__(self, outbound: Outbound, *, address: Address = doi_address) -> None:
        self._outbound = outbound
        self._address = address
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doi")
        self._free = asyncio.Semaphore(AT_ONCE)

    async def all_of(self, dois: Sequence[str], known: Mapping[str, bytes]) -> bytes:
        """One text of the records of several; what is `known` is not asked for. Raises as for one, and `Invalid` with
        everything that cannot be had."""
        records: list[bytes] = []
        errors: list[ErrorDetail] = []
        for doi in dois:
            try:
                records.append(known[doi] if doi in known else await self(doi))
            except Invalid as refused:
                if len(dois) == 1:
                    raise
                errors += [replace(each, message=f"{doi}: {each.message}", pointer=None) for each in refused.errors]
        if errors:
            raise Invalid(errors=errors)
        return joined(records)

    async def __call__(self, text: str) -> bytes:
        """Raises as `look_up_doi` does, and Unavailable where others have asked for too much."""
        try:
            async with asyncio.timeout(WAIT):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable("Too many DOIs are being looked up. Try again shortly.", retry_after=30) from None
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._look_up, text)
        finally:
            self._free.release()

    def _look_up(self, text: str) -> bytes:
        return look_up_doi(self._outbound, text, address=self._address)

    def close(self) -> None:
        """Waits for nobody: what is under way has an end of its own."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def look_up_doi(outbound: Outbound, text: str, *, address: Address = doi_address) -> bytes:
    """The record of a DOI in any spelling, as JSON of the sort that `intake.formats.csl` reads.

    Raises Invalid for what is no DOI, or one that nobody registered; Unavailable where the registry gave no answer.
    """
    try:
        url = address(normalise("doi", text)) or ""
    except ValueError as error:
        raise _refused("not-a-doi", f"This is not a DOI: {error}.") from None
    try:
        answer = outbound.fetch("GET", url, headers={"Accept": ACCEPT}, seconds=SECONDS, max_bytes=MAX_SIZE)
    except OutboundDisabled as error:
        raise _refused("switched-off", f"{error} Paste the record in one of the formats instead.") from error
    except OutboundError as error:
        raise Unavailable(f"The DOI could not be looked up: {error}", retry_after=30) from error
    return _body(answer)


def find_dois(text: bytes) -> list[str]:
    """The DOIs, in any spelling, that are all of a text, one a line; none where anything else is there. Raises Invalid
    for more than are looked up at once."""
    if len(text) > MAX_DOI_LENGTH * MAX_DOIS:
        return []
    try:
        found = [normalise("doi", line) for line in text.decode().splitlines() if line.strip()]
    except ValueError:
        return []
    if len(found) > MAX_DOIS:
        words = f"At most {MAX_DOIS} DOIs can be looked up at once."
        raise Invalid(errors=[ErrorDetail("too-many", words)])
    return list(dict.fromkeys(found))


def known_records(session: Session, dois: Sequence[str]) -> dict[str, bytes]:
    """By DOI, a record of each that an entry has already: no registry need be asked for it."""
    held = (
        select(IdentifierRow.value, EntryRow.title)
        .join(EntryRow, EntryRow.id == IdentifierRow.entry_id)
        .where(IdentifierRow.scheme == "doi", IdentifierRow.value.in_(dois))
    )
    return {doi: orjson.dumps({"type": "document", "title": title, "DOI": doi}) for doi, title in session.execute(held)}


def joined(records: Sequence[bytes]) -> bytes:
    """One text of several records."""
    return records[0] if len(records) == 1 else b"[" + b",".join(records) + b"]"


def _body(answer: OutboundResponse) -> bytes:
    if answer.status in (404, 410):
        raise _refused("unknown-doi", "This DOI is not registered.")
    if answer.status in (204, 406):
        raise _refused("no-record", "The registry of this DOI offers no record of it.")
    if answer.status != 200:
        raise Unavailable(f"The registry of the DOI responded with status {answer.status}.", retry_after=30)
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in SOURCE_FORMATS["csl"].media_types and media != "application/json":
        raise _refused("no-record", "The registry of this DOI offers no record of it.")
    return answer.body


def _refused(code: str, message: str) -> Invalid:
    return Invalid(errors=[ErrorDetail(code, message, pointer=POINTER)])
