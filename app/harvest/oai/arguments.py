"""The arguments of a request, checked as the protocol wants them (sections 3.5, 3.6 and 4)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.documents.revisions import PublishedRevision
from app.harvest.oai.errors import OaiError
from app.harvest.oai.metadata import METADATA_FORMATS
from app.harvest.tokens import decode_token, encode_token
from app.reading.requests.urls import Pair

VERBS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "Identify": ((), ()),
    "ListMetadataFormats": ((), ("identifier",)),
    "ListSets": ((), ()),
    "GetRecord": (("identifier", "metadataPrefix"), ()),
    "ListIdentifiers": (("metadataPrefix",), ("from", "until", "set")),
    "ListRecords": (("metadataPrefix",), ("from", "until", "set")),
}
"""Required and optional arguments; lists also take a resumption token, alone."""
RESUMED: Final = "resumptionToken"
LISTS: Final = ("ListSets", "ListIdentifiers", "ListRecords")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SECOND: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_PREFIX: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
_IDENTIFIER: Final = re.compile(r"(?:[A-Za-z0-9:._~/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_SET: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(?::[A-Za-z0-9\-_.!~*'()]+)*")


@dataclass(frozen=True, slots=True)
class Resumption:
    """Where a list goes on: after the item of `seconds` and `ident`, of which there were `cursor` before."""

    seconds: int
    ident: int
    cursor: int
    known: PublishedRevision


@dataclass(frozen=True, slots=True)
class Arguments:
    """`given` are those to repeat in the response."""

    verb: str
    given: Mapping[str, str]
    prefix: str = ""
    identifier: str | None = None
    start: str | None = None
    until: str | None = None
    set_spec: str | None = None
    resumption: Resumption | None = None

    def token(self, resumption: Resumption) -> str:
        """For the same request, from there on."""
        own = (self.verb, self.prefix, self.start, self.until, self.set_spec)
        where = (resumption.seconds, resumption.ident, resumption.cursor)
        return encode_token((*own, *where, *resumption.known))


def parse_arguments(pairs: Sequence[Pair]) -> Arguments:
    """Raises `OaiError`."""
    given: dict[str, str] = {}
    verbs = [value for name, value in pairs if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise OaiError("badVerb", f"Exactly one verb is needed: {', '.join(VERBS)}.")
    verb = verbs[0]
    required, optional = VERBS[verb]
    allowed = {"verb", *required, *optional, *((RESUMED,) if verb in LISTS else ())}
    for name, value in pairs:
        if name not in allowed:
            raise OaiError("badArgument", f"{verb} does not take one of these arguments.")
        if name in given:
            raise OaiError("badArgument", f"The argument {name} is repeated.")
        given[name] = value
    if RESUMED in given:
        if len(given) > 2:
            raise OaiError("badArgument", f"{RESUMED} is an exclusive argument.")
        return _resumed(verb, given)
    for name in required:
        if not given.get(name):
            raise OaiError("badArgument", f"The argument {name} is missing.")
    return _checked(
        Arguments(
            verb,
            given,
            prefix=given.get("metadataPrefix", ""),
            identifier=given.get("identifier"),
            start=given.get("from"),
            until=given.get("until"),
            set_spec=given.get("set"),
        )
    )


def _checked(arguments: Arguments) -> Arguments:
    bounds = [each for each in (arguments.start, arguments.until) if each is not None]
    for each in bounds:
        _check_date(each)
    if len({len(each) for each in bounds}) > 1:
        raise OaiError("badArgument", "`from` and `until` must have the same granularity.")
    if arguments.start is not None and arguments.until is not None and arguments.start > arguments.until:
        raise OaiError("badArgument", "`from` must not be later than `until`.")
    if arguments.set_spec is not None and not _SET.fullmatch(arguments.set_spec):
        raise OaiError("badArgument", "`set` is not the name of a set.")
    if arguments.prefix and not _PREFIX.fullmatch(arguments.prefix):
        raise OaiError("badArgument", "`metadataPrefix` is not the name of a format.")
    if arguments.identifier is not None and not _IDENTIFIER.fullmatch(arguments.identifier):
        raise OaiError("badArgument", "`identifier` is not a URI.")
    if arguments.prefix and arguments.prefix not in METADATA_FORMATS:
        raise OaiError("cannotDisseminateFormat", f"Available are {', '.join(METADATA_FORMATS)}.")
    return arguments


def _check_date(text: str) -> None:
    try:
        if not (_DAY.fullmatch(text) or _SECOND.fullmatch(text)):
            raise ValueError
        datetime.fromisoformat(text)
    except ValueError:
        message = "A date is a day (2026-01-31) or a second in UTC (2026-01-31T09:00:00Z)."
        raise OaiError("badArgument", message) from None


def _resumed(verb: str, given: Mapping[str, str]) -> Arguments:
    wrong = OaiError("badResumptionToken", "This is not a resumption token for this verb.")
    try:
        parts = decode_token(given[RESUMED])
    except ValueError:
        raise wrong from None
    match parts:
        case [
            str(own),
            str(prefix),
            str() | None as start,
            str() | None as until,
            str() | None as set_spec,
            int(seconds),
            int(ident),
            int(cursor),
            int(number),
            int(epoch),
        ] if own == verb and (prefix in METADATA_FORMATS or verb == "ListSets"):
            resumption = Resumption(seconds, ident, cursor, PublishedRevision(number, epoch))
            return Arguments(verb, given, prefix, None, start, until, set_spec, resumption)
    raise wrong
