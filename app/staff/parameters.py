"""Parameters of staff addresses: what a signature does not name is refused, as everywhere."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, get_args, get_origin

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from app.kit.clock import parsed_moment
from app.kit.errors import BadQuery, Fault
from app.kit.suggest import nearest

DRY_RUN: Final = "dry_run"


class Parameters:
    """The query parameters of one operation; every one that writes has `dry_run`."""

    def __init__(self, dependant: Dependant, *, writing: bool) -> None:
        self._many = dict(_named(dependant)) | ({DRY_RUN: False} if writing else {})

    def check(self, sent: Sequence[tuple[str, str]]) -> bool:
        """Whether it is a dry run. Raises BadQuery."""
        counted = Counter(name for name, _ in sent)
        faults = [fault for name, count in counted.items() if (fault := self._fault(name, count)) is not None]
        if faults:
            raise BadQuery(errors=faults)
        asked = dict(sent).get(DRY_RUN, "false") if DRY_RUN in self._many else "false"
        if asked not in ("true", "false"):
            fault = Fault("not-a-boolean", "`true` or `false` is wanted.", DRY_RUN, allowed=("true", "false"))
            raise BadQuery(errors=[fault])
        return asked == "true"

    def _fault(self, name: str, count: int) -> Fault | None:
        if name not in self._many:
            guesses = nearest(name, tuple(self._many), 1)
            suggestion = guesses[0] if guesses else None
            allowed = tuple(self._many)
            return Fault("unknown-parameter", "There is no such parameter here.", name, None, allowed, suggestion)
        if count > 1 and not self._many[name]:
            return Fault("repeated", "This parameter may be given once.", name)
        return None


def span(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """The moments that two parameters name. Raises `BadQuery` where nothing can lie between."""
    begins, ends = (None if text is None else parsed_moment(text) for text in (since, until))
    if begins is not None and ends is not None and ends < begins:
        raise BadQuery(errors=[Fault("out-of-range", "Must not be before `since`.", "until")])
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
