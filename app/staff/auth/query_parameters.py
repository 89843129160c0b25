"""Parameters of staff addresses: what a signature does not name is refused, as everywhere."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, get_args, get_origin

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from app.kit.clock import parse_rfc3339
from app.kit.errors import BadQuery, ErrorDetail, repeated
from app.kit.text.suggestions import closest_matches

DRY_RUN: Final = "dry_run"


class QueryParameters:
    """The query parameters of one operation; every one that writes has `dry_run`."""

    def __init__(self, dependant: Dependant, *, writing: bool) -> None:
        self._many = dict(_named(dependant)) | ({DRY_RUN: False} if writing else {})

    def check(self, sent: Sequence[tuple[str, str]]) -> bool:
        """Whether it is a dry run. Raises BadQuery."""
        counted = Counter(name for name, _ in sent)
        errors = [error for name, count in counted.items() if (error := self._parameter_error(name, count)) is not None]
        if errors:
            raise BadQuery(errors=errors)
        dry_run = dict(sent).get(DRY_RUN, "false") if DRY_RUN in self._many else "false"
        if dry_run not in ("true", "false"):
            error = ErrorDetail("not-a-boolean", "Must be `true` or `false`.", DRY_RUN, allowed=("true", "false"))
            raise BadQuery(errors=[error])
        return dry_run == "true"

    def _parameter_error(self, name: str, count: int) -> ErrorDetail | None:
        if name not in self._many:
            guesses = closest_matches(name, tuple(self._many), 1)
            suggestion = guesses[0] if guesses else None
            allowed = tuple(self._many)
            return ErrorDetail("unknown-parameter", "Unknown parameter.", name, None, allowed, suggestion)
        if count > 1 and not self._many[name]:
            return repeated(name)
        return None


def span(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """The moments that two parameters name. Raises `BadQuery` where nothing can lie between."""
    begins, ends = (None if text is None else parse_rfc3339(text) for text in (since, until))
    if begins is not None and ends is not None and ends < begins:
        raise BadQuery(errors=[ErrorDetail("out-of-range", "Must not be before `since`.", "until")])
    return begins, ends


def _named(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Every query parameter, and whether it may be repeated."""
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, member in annotation.model_fields.items():
                yield member.alias or name, _takes_many(member.annotation)
        else:
            yield field.alias, _takes_many(annotation)
    for each in dependant.dependencies:
        yield from _named(each)


def _takes_many(annotation: Any) -> bool:
    if get_origin(annotation) in (list, tuple, set):
        return True
    return any(_takes_many(part) for part in get_args(annotation))
