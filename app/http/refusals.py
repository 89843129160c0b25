"""Errors that mean something only in HTTP; the rest of the family is in `app.kit.errors`."""

from collections.abc import Iterable, Mapping

from app.kit.errors import AppError


class BadAddress(AppError):
    code = "bad-address"
    title = "The address is not well-formed"


class BadRequest(AppError):
    """Not the HTTP that is read here: the connection is closed, for nobody knows where the next request begins."""

    code = "bad-request"
    title = "This is not a well-formed request"


class UnknownHost(AppError):
    code = "unknown-host"
    title = "The service is not at home under this name"


class AddressTooLong(AppError):
    code = "address-too-long"
    title = "The address is too long"


class MethodNotAllowed(AppError):
    """`allowed` are the methods that the address has."""

    code = "method-not-allowed"
    title = "This cannot be done here"

    def __init__(self, detail: str | None = None, *, allowed: Iterable[str]) -> None:
        super().__init__(detail)
        self.allowed = tuple(allowed)

    def facts(self) -> dict[str, object]:
        return {"allowed": list(self.allowed)}


class Broken(AppError):
    code = "internal-error"
    title = "The service made a mistake"


class Refused(AppError):
    """An error of the framework that has no meaning of its own here; `status` is the framework's."""

    code = "refused"
    title = "The request was refused"

    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.status = status
        self.headers = dict(headers or {})
