"""The services of the application: `main` makes them, handlers and dependencies get each by its class."""

from typing import Any, TypeVar

from fastapi import Depends
from starlette.requests import HTTPConnection

S = TypeVar("S")


class Services:
    """One instance of each class. They live as long as the application, in `app.state.services`, which is read here
    and nowhere else."""

    def __init__(self) -> None:
        self._by_class: dict[type[object], object] = {}

    def add(self, kind: type[S], service: S) -> S:
        """Let it be found by this class, in the place of any other; the same is returned."""
        self._by_class[kind] = service
        return service

    def __getitem__(self, kind: type[S]) -> S:
        """Raises LookupError where there is none."""
        found = self._by_class.get(kind)
        if not isinstance(found, kind):
            raise LookupError(f"The application has no {kind.__name__}.")
        return found


def services_of(connection: HTTPConnection) -> Services:
    """Those of the application that has this request."""
    services: Services = connection.app.state.services
    return services


def service(kind: type[Any]) -> Any:
    """A dependency: `Annotated[StaffContext, service(StaffContext)]` in the signature of a handler."""

    async def find(request: HTTPConnection) -> object:
        return services_of(request)[kind]

    return Depends(find)
