"""Paths and queries must be text: percent-encoded UTF-8 without control characters."""

from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.http_errors import BadUrl
from app.kit.errors import BadQuery, ErrorDetail
from app.kit.text.characters import ControlCharacterError, reject_control_characters


class UrlValidationMiddleware:
    """Inside the response cache, which stores no response to a URL that is refused here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        check_path(scope["raw_path"])
        check_query(scope["query_string"])
        await self._app(scope, receive, send)


def check_path(raw: bytes) -> None:
    """Raises BadUrl."""
    if not _is_text(raw):
        raise BadUrl("The path must be percent-encoded UTF-8 without control characters.")


def check_query(raw: bytes) -> None:
    """Raises BadQuery that names the parameter, unless the name itself is what is wrong."""
    if _is_text(raw):
        return
    parts = (part.partition(b"=") for part in raw.split(b"&"))
    errors = (_fault(name, value) for name, _, value in parts if not (_is_text(name) and _is_text(value)))
    raise BadQuery(errors=errors)


def _fault(name: bytes, value: bytes) -> ErrorDetail:
    parameter = unquote_to_bytes(name).decode("utf-8") if _is_text(name) else None
    return ErrorDetail("not-text", "This is not UTF-8, or contains a control character.", parameter)


def _is_text(raw: bytes) -> bool:
    try:
        reject_control_characters(unquote_to_bytes(raw).decode("utf-8"))
    except (UnicodeDecodeError, ControlCharacterError):
        return False
    return True
