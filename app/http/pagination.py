"""A page of a list: its envelope, its links, and the parameters that ask for it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, Self, TypeVar
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)

PageNumber = Annotated[int, Query(ge=1, le=100_000, description="Page number.", examples=[1])]
PerPage = Annotated[int, Query(ge=1, le=100, description="Results per page.", examples=[25])]


class PageMeta(BaseModel):
    count: int
    page: int
    per_page: int


class PageLinks(BaseModel):
    self: str
    prev: str | None
    next: str | None


class Page(BaseModel, Generic[T]):
    """Each list has a class of its own, whose name the description shows: `class DeliveryPage(Page[Delivery])`."""

    meta: PageMeta
    results: list[T]
    links: PageLinks

    @classmethod
    def build(
        cls,
        url: str,
        results: Sequence[T | Mapping[str, Any]],
        *,
        count: int,
        page: int,
        per_page: int,
        filters: Mapping[str, object] | None = None,
    ) -> Self:
        """One page of `count` results; `filters` are the other parameters of the request, or None for those not
        sent."""
        given = {name: value for name, value in {**(filters or {}), "per_page": per_page}.items() if value is not None}
        here, last = f"{url}?{urlencode(given, doseq=True)}&page=", -(-count // per_page)
        return cls.model_validate(
            {
                "meta": PageMeta(count=count, page=page, per_page=per_page),
                "results": results,
                "links": PageLinks(
                    self=f"{here}{page}",
                    prev=f"{here}{page - 1}" if page > 1 else None,
                    next=f"{here}{page + 1}" if page < last else None,
                ),
            }
        )
