"""What a setting may hold, beyond its type. Each check says in words what is wanted, and repeats nothing."""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, AnyHttpUrl, Field, IPvAnyNetwork, TypeAdapter, ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.kit.host_names import to_ascii
from app.kit.text.characters import is_single_line
from app.kit.values.colours import contrast

POSTGRESQL: Final = ("postgresql", "postgresql+psycopg")
MAX_DAYS: Final = 36_500
MAX_BOUNCE_NAME_LENGTH: Final = 12
"""Characters before the `@` of a bounce address: the number and signature of a mail go behind them, and there may be
64 in all (RFC 5321 section 4.5.3.1.1)."""
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_SPDX: Final = r"^[A-Za-z0-9][A-Za-z0-9.+-]*( (AND|OR|WITH) [A-Za-z0-9][A-Za-z0-9.+-]*)*$"
_PRESET: Final = r"^[a-z][a-z0-9-]*(\?\S*)?$"
_URL: Final = TypeAdapter(AnyHttpUrl)
PAPER: Final = "#fcfbf8"
"""The background of pages, by day."""
PAPER_DARK: Final = "#14181b"
"""The same in dark mode."""
MIN_CONTRAST: Final = 4.5
"""Of text and its background (WCAG 2.2, success criterion 1.4.3)."""
MAX_LOGO_SIZE: Final = 30 * 1024
"""Bytes: a page with it stays below 60 kB."""
LOGO_TYPES: Final = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
"""Media types by the ending of the file's name."""


def is_loopback(host: str) -> bool:
    """Whether only this machine itself is reached by that name; so too an address that means all of its own."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        address = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _one_line(text: str) -> str:
    if not is_single_line(text) or not text.strip():
        raise ValueError("must be one line of text.")
    return text


def _is_page(text: str) -> bool:
    try:
        return _URL.validate_python(text) is not None and not re.search(r"\s", text)
    except ValidationError:
        return False


def _contact(text: str) -> str:
    """As strict as OpenAPI's own `contact`, where it is shown."""
    try:
        reached = _is_page(text) if "/" in text else bool(validate_email(text, check_deliverability=False))
    except EmailNotValidError:
        reached = False
    if not reached:
        raise ValueError(
            "must be an e-mail address of a public domain without mailto:, for example jo@example.org, "
            "or the URL of a page, for example https://example.org/contact."
        )
    return text


def _page(text: str) -> str:
    if not _is_page(text):
        raise ValueError("must be the URL of a page, for example https://example.org/security.")
    return text


def _base(url: AnyHttpUrl) -> AnyHttpUrl:
    """The service stands at the root of its host: pages and the description name each other by paths from there."""
    if url.path not in (None, "", "/") or url.query is not None or url.fragment is not None or url.username is not None:
        raise ValueError("must consist of scheme, host and port only, for example https://kb.example.org.")
    return url


def _is_mailbox(text: str) -> bool:
    """Whether it can stand in headers and envelopes; its domain may be of a network of one's own, as uni.local."""
    local, _, domain = text.rpartition("@")
    try:
        validate_email(f"{local}@example.org", check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return False
    return _DOMAIN.fullmatch(domain) is not None


def _mailbox(text: str) -> str:
    if not _is_mailbox(text):
        raise ValueError("must be an e-mail address in ASCII, for example kb@example.org.")
    return text


def _bounces(text: str) -> str:
    if len(text.rpartition("@")[0]) > MAX_BOUNCE_NAME_LENGTH:
        raise ValueError(f"must have at most {MAX_BOUNCE_NAME_LENGTH} characters before the @.")
    return text


def _recipient(text: str) -> str:
    if not _DOMAIN.fullmatch(text) and not _is_mailbox(text):
        raise ValueError("must be an address or a domain, for example you@example.org or example.org.")
    return text


def _host_name(text: str) -> str:
    """A name, or an address as it stands in `Host`: one of IPv6 in brackets."""
    if text.startswith("[") and text.endswith("]") and ":" in text and _is_address(text[1:-1]):
        return text
    try:
        known = _DOMAIN.fullmatch(to_ascii(text))
    except ValueError:
        known = None
    if known is None:
        raise ValueError("must be a host name, for example kb.example.org, without scheme, port, path or asterisk.")
    return text


def _server(text: str) -> str:
    if not _DOMAIN.fullmatch(text) and not _is_address(text):
        raise ValueError("must be a host name or an IP address, without scheme and port.")
    return text


def _is_address(text: str) -> bool:
    try:
        return ip_address(text) is not None
    except ValueError:
        return False


def _origin(text: str) -> str:
    """Exactly as browsers send it, or it would never be recognised."""
    if not _is_page(text) or str(_URL.validate_python(text)) != f"{text}/":
        raise ValueError(
            "must be an origin as browsers send it, for example https://example.org, without path and default port."
        )
    return text


def _proxy(network: IPvAnyNetwork) -> IPvAnyNetwork:
    if ip_network(str(network)).prefixlen == 0:
        raise ValueError("must not be the network of all addresses: any client could then claim any address.")
    return network


def _file(text: str) -> str:
    if not text or "\0" in text or Path(text).is_dir():
        raise ValueError("must be the name of a file, and not of a folder.")
    return text


def _folder(text: str) -> str:
    path = Path(text)
    if not text or "\0" in text or (path.exists() and not path.is_dir()):
        raise ValueError("must be the name of a folder, and not of a file.")
    return text


def _logo(text: str) -> str:
    path = Path(_file(text))
    if path.suffix not in LOGO_TYPES or not path.is_file() or path.stat().st_size > MAX_LOGO_SIZE:
        raise ValueError(f"must be a file of at most {MAX_LOGO_SIZE // 1024} kB that ends in {', '.join(LOGO_TYPES)}.")
    return text


def _time_zone(text: str) -> str:
    """Not the name of a file of this machine, such as `localtime`, which browsers do not know."""
    try:
        if text != "UTC" and "/" not in text:
            raise ZoneInfoNotFoundError(text)
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # of a name that is a path, or a folder
        raise ValueError(
            "must be a time zone that the time zone database of this machine (tzdata) has, for example Europe/London."
        ) from None


def _visible_on(background: str) -> AfterValidator:
    def check(colour: str) -> str:
        if contrast(colour, background) < MIN_CONTRAST:
            raise ValueError(f"must have a contrast of at least {MIN_CONTRAST} to the background {background}.")
        return colour

    return AfterValidator(check)


def _pages(text: str) -> str:
    if not _is_page(text) or text.endswith("/") or "?" in text or "#" in text:
        raise ValueError("must be a URL without a slash at its end, for example https://example.org/knowledge.")
    return text


def _replica(text: str) -> str:
    try:
        is_usable = make_url(text).drivername in POSTGRESQL
    except (ArgumentError, ValueError):  # a port that is no number
        is_usable = False
    if not is_usable:
        raise ValueError("must be postgresql+psycopg://user@host/name: a replica of PostgreSQL.")
    return text


Title = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Description = Annotated[str, Field(max_length=2_000), AfterValidator(_one_line)]
SpdxLicence = Annotated[str, Field(pattern=_SPDX, max_length=200)]
Contact = Annotated[str, AfterValidator(_contact)]
PageAddress = Annotated[str, AfterValidator(_page)]
BaseUrl = Annotated[AnyHttpUrl, AfterValidator(_base)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
BounceAddress = Annotated[str, AfterValidator(_mailbox), AfterValidator(_bounces)]
Recipient = Annotated[str, AfterValidator(_recipient)]
HostName = Annotated[str, AfterValidator(_host_name)]
ServerName = Annotated[str, AfterValidator(_server)]
Origin = Annotated[str, AfterValidator(_origin)]
ProxyNetwork = Annotated[IPvAnyNetwork, AfterValidator(_proxy)]
FileName = Annotated[str, AfterValidator(_file)]
FolderName = Annotated[str, AfterValidator(_folder)]
ReplicaUrl = Annotated[str, AfterValidator(_replica)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
PresetName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
PresetQuery = Annotated[str, Field(pattern=_PRESET, max_length=2_000)]
PagesUrl = Annotated[str, AfterValidator(_pages)]
Logo = Annotated[str, AfterValidator(_logo)]
_COLOUR: Final = r"^#[0-9a-fA-F]{6}$"
Colour = Annotated[str, Field(pattern=_COLOUR), _visible_on(PAPER)]
ColourInTheDark = Annotated[str, Field(pattern=_COLOUR), _visible_on(PAPER_DARK)]
