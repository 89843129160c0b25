"""What the registry of a DOI knows of it, by content negotiation at doi.org (Crossref, DataCite)."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from app.intake.formats.source_formats import SOURCE_FORMATS
from app.kit.errors import ErrorDetail, Invalid, Unavailable
from app.kit.values.identifiers import normalise, url_for
from app.outbound.client import Outbound, OutboundResponse
from app.outbound.errors import OutboundDisabled, OutboundError

ACCEPT: Final = "application/vnd.datacite.datacite+json, application/vnd.citationstyles.csl+json;q=0.9"
SECONDS: Final = 15.0
MAX_DOI_LENGTH: Final = 2_000
"""Bytes, with all that may stand around it."""
MAX_SIZE: Final = 4 * 2**20
POINTER: Final = "/doi"
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


def find_lone_doi(text: bytes) -> str | None:
    """The DOI, in any spelling, that is all of a text."""
    try:
        return normalise("doi", text.decode()) if len(text) <= MAX_DOI_LENGTH else None
    except ValueError:
        return None


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
