"""What the registry of a DOI knows of it, by content negotiation at doi.org (Crossref, DataCite)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from app.intake.formats.source_formats import SOURCE_FORMATS
from app.intake.identifier_lines import ParsedIdentifier, record_of
from app.kit.errors import ErrorDetail, Invalid, Unavailable
from app.kit.values.identifiers import normalise, url_for
from app.outbound.client import Outbound, OutboundResponse
from app.outbound.errors import OutboundDisabled, OutboundError

ACCEPT: Final = "application/vnd.datacite.datacite+json, application/vnd.citationstyles.csl+json;q=0.9"
SECONDS: Final = 15.0
MAX_SIZE: Final = 4 * 2**20
POINTER: Final = "/doi"
MAX_DOIS: Final = 10
"""Maximum number of DOIs of one import that are looked up."""
INSTEAD: Final = "Paste its BibTeX or RIS instead."
AT_ONCE: Final = 4
"""Look-ups at a time in a process, in threads of their own."""
WAIT: Final = 10.0
"""Seconds until one of them is free."""
DoiResolver = Callable[[str], str | None]


def doi_address(doi: str) -> str | None:
    return url_for("doi", doi)


class LookUps:
    """Looks DOIs up in threads of its own, so that no thread of the application and no transaction waits for a
    registry. `close` it."""

    def __init__(self, outbound: Outbound, *, address: DoiResolver = doi_address) -> None:
        self._outbound = outbound
        self._address = address
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doi")
        self._free = asyncio.Semaphore(AT_ONCE)

    async def all_of(self, identifiers: Sequence[ParsedIdentifier], known: Mapping[ParsedIdentifier, bytes]) -> bytes:
        """One text with the records of several identifiers. Only DOIs are looked up, and only those that are not
        `known`; records of the others are made from the identifiers themselves. Raises as for one, and `Invalid`
        with all that cannot be found."""
        unknown = [each for each in identifiers if each.scheme == "doi" and each not in known]
        if len(unknown) > MAX_DOIS:
            raise Invalid(errors=[ErrorDetail("too-many", f"At most {MAX_DOIS} DOIs can be looked up at once.")])
        found = dict(known)
        errors: list[ErrorDetail] = []
        for each in unknown:
            try:
                found[each] = await self(each.value)
            except Invalid as refused:
                if len(identifiers) == 1:
                    raise
                errors += [
                    replace(error, message=f"{each.value}: {error.message}", pointer=None) for error in refused.errors
                ]
        if errors:
            raise Invalid(errors=errors)
        return joined([found.get(each) or record_of(each) for each in identifiers])

    async def __call__(self, text: str) -> bytes:
        """Raises as `look_up_doi` does, and Unavailable where too many look-ups are in progress."""
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
        """Does not wait for look-ups in progress, which have a time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def look_up_doi(outbound: Outbound, text: str, *, address: DoiResolver = doi_address) -> bytes:
    """The record of a DOI in any spelling, as JSON of the sort that `intake.formats.csl` reads.

    Raises Invalid for what is no DOI, or one that is not registered; Unavailable where the registry did not respond.
    """
    try:
        url = address(normalise("doi", text)) or ""
    except ValueError as error:
        raise _refused("not-a-doi", f"This is not a DOI: {error}.") from None
    try:
        answer = outbound.fetch("GET", url, headers={"Accept": ACCEPT}, seconds=SECONDS, max_bytes=MAX_SIZE)
    except OutboundDisabled as error:
        raise _refused("switched-off", f"{error} {INSTEAD}") from error
    except OutboundError as error:
        raise Unavailable(f"The DOI could not be looked up: {error} {INSTEAD}", retry_after=30) from error
    return _body(answer)


def joined(records: Sequence[bytes]) -> bytes:
    """One text of several records."""
    return records[0] if len(records) == 1 else b"[" + b",".join(records) + b"]"


def _body(answer: OutboundResponse) -> bytes:
    if answer.status in (404, 410):
        raise _refused("unknown-doi", "This DOI is not registered.")
    if answer.status in (204, 406):
        raise _refused("no-record", "The registry of this DOI offers no record of it.")
    if answer.status != 200:
        words = f"The registry of the DOI responded with status {answer.status}. {INSTEAD}"
        raise Unavailable(words, retry_after=30)
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in SOURCE_FORMATS["csl"].media_types and media != "application/json":
        raise _refused("no-record", "The registry of this DOI offers no record of it.")
    return answer.body


def _refused(code: str, message: str) -> Invalid:
    return Invalid(errors=[ErrorDetail(code, message, pointer=POINTER)])
