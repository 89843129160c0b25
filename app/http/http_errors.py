"""Errors that mean something only in HTTP; the rest of the family is in `app.kit.errors`."""

from collections.abc import Iterable, Mapping

from app.kit.errors import AppError


class BadUrl(AppError):
    code = "bad-address"
    title = "Malformed URL"


class BadRequest(AppError):
    """Invalid HTTP/1: the connection is closed, because the start of the next request is unknown."""

    code = "bad-request"
    title = "Malformed request"


class UnknownHost(AppError):
    code = "unknown-host"
    title = "Unknown host"


class UrlTooLong(AppError):
    code = "address-too-long"
    title = "URL too long"


class MethodNotAllowed(AppError):
    """`allowed` are the methods that the address has."""

    code = "method-not-allowed"
    title = "Method not allowed"

    def __init__(self, detail: str | None = None, *, allowed: Iterable[str]) -> None:
        super().__init__(detail)
        self.allowed = tuple(allowed)

    def extension_members(self) -> dict[str, object]:
        return {"allowed": list(self.allowed)}


class InternalError(AppError):
    code = "internal-error"
    title = "Internal error"


class HttpError(AppError):
    """An error of the framework that has no class of its own here; `status` is the framework's."""

    code = "refused"
    title = "Request refused"

    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.status = status
        self.headers = dict(headers or {})
