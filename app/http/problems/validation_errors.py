"""What Pydantic found wrong with a request, as members of the error family, without the rejected values."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar, get_args

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from app.kit.error_collector import ErrorCollector
from app.kit.errors import MAX_ERRORS, AppError, BadQuery, ErrorDetail, Invalid, Malformed
from app.kit.json_pointer import json_pointer
from app.kit.json_types import JsonMapping
from app.kit.text.suggestions import closest_matches

M = TypeVar("M", bound=BaseModel)
_QUOTED = re.compile(r"'([^']*)'")
_SHORT: Final = 3
"""A value of fewer characters may well be part of an ordinary message by chance."""

_REWORDED: Final[Mapping[str, str]] = {
    "extra_forbidden": "Unknown name.",
    "missing": "This is required.",
    "union_tag_invalid": "Unknown kind.",
    "uuid_parsing": "This is not a UUID.",
    "string_type": "This must be text, in quotation marks.",
    "string_too_long": "This may have at most {max_length} characters.",
    "bool_parsing": "This must be true or false.",
    "int_parsing": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "float_parsing": "This must be a number.",
    "int_type": "This must be a whole number, without quotation marks.",
    "bool_type": "This must be true or false, without quotation marks.",
    "list_type": "This must be a list: values between [ and ].",
    "dict_type": "This must be an object: names and values between { and }.",
    "model_type": "This must be an object: names and values between { and }.",
    "model_attributes_type": "This must be an object: names and values between { and }.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than_equal": "This must be at most {le}.",
    "too_long": "This may have at most {max_length} items.",
}
"""In plain words; names in braces are of the error's context."""
_FEW: Final = 8
"""So many choices are named in a sentence; more are found in `allowed`."""
_FALLBACK: Final = "This value is not allowed here."
MANY: Final = 50
"""Errors for which Pydantic need not build an object each."""


_CODES: Final[Mapping[str, str]] = {
    "missing": "missing",
    "extra_forbidden": "unknown-name",
    "union_tag_not_found": "missing",
    **dict.fromkeys(("literal_error", "enum", "union_tag_invalid"), "unknown-value"),
    **dict.fromkeys(("string_too_long", "bytes_too_long", "too_long"), "too-long"),
    **dict.fromkeys(("string_too_short", "bytes_too_short", "too_short"), "too-short"),
    **dict.fromkeys(("greater_than", "greater_than_equal", "less_than", "less_than_equal"), "out-of-range"),
    **dict.fromkeys(("multiple_of", "finite_number", "int_parsing_size"), "out-of-range"),
}
"""Codes of Pydantic's own faults: the public ones are this service's, whatever checks its bodies."""
PYDANTIC_CODES: Final = frozenset(_CODES.values())
_OF_PYDANTIC: Final = frozenset(get_args(ErrorType))


def _code(kind: str) -> str:
    """What is left of Pydantic's is a wrong type or a wrong value; anything else is a fault of our own, by its name."""
    if kind not in _OF_PYDANTIC:
        return kind.replace("_", "-")
    wrong_type = kind.endswith(("_type", "_parsing", "_required"))
    return _CODES.get(kind, "wrong-type" if wrong_type else "invalid-value")


def map_validation_error(error: RequestValidationError) -> AppError:
    """Malformed for a body that is no JSON, Invalid for one that is, BadQuery for anything in the address."""
    details: Sequence[ErrorDetails] = error.errors()[: MAX_ERRORS + 1]
    if any(detail["type"] == "json_invalid" for detail in details):
        return Malformed()
    in_body = any(detail["loc"][:1] == ("body",) for detail in details)
    faults = error_details(details)
    return Invalid(errors=faults) if in_body else BadQuery(errors=faults)


def check_many(model: TypeAdapter[Any], value: object) -> None:
    """Raises Invalid where more than `MANY` things are wrong with a body; fewer are left to the handler's signature."""
    try:
        model.validate_python(value)
    except ValidationError as error:
        if error.error_count() > MANY:
            raise Invalid(errors=errors_in_body(error)) from None


def validate_body(
    model: type[M], value: object, *, detail: str | None = None, depth: int | None = None, context: object = None
) -> M:
    """An instance of the model: what every handler does that reads its body itself. Raises `Invalid` with an error a
    place, of which only the first `depth` steps are named; `detail` and `context` are the error's and the model's."""
    try:
        return model.model_validate(value, context=context)
    except ValidationError as error:
        raise Invalid(detail, errors=errors_in_body(error, depth)) from None


def errors_in_body(error: ValidationError, depth: int | None = None) -> tuple[ErrorDetail, ...]:
    """As the Invalid that `validate_body` raises has them."""
    details: list[ErrorDetails] = [{**each, "loc": ("body", *each["loc"][:depth])} for each in first_details(error)]
    return error_details(details)


def first_details(error: ValidationError) -> list[ErrorDetails]:
    """As many as are shown, and one, or a few more. Pydantic has no way to make only those, but it writes all of them
    as text in a tenth of the time and memory that objects take."""
    if error.error_count() <= MANY:
        return error.errors(include_url=False)
    text = error.json(include_url=False)
    decoder = json.JSONDecoder()
    details, end = [], 0
    for _ in range(MAX_ERRORS + 1):
        detail, end = decoder.raw_decode(text, end + 1)  # past the bracket or comma
        details.append(detail)
    return details


def error_details(details: Iterable[ErrorDetails]) -> tuple[ErrorDetail, ...]:
    """One fault an error of Pydantic, whose `loc` begins with `body`, `query`, `path` or `header`; no more than are
    shown, and one, to know that there are more."""
    errors = ErrorCollector()
    for detail in islice(details, MAX_ERRORS + 1):
        error, value = _fault(detail), detail.get("input")
        errors.add(
            error, partial(closest_matches, value, error.allowed) if error.allowed and isinstance(value, str) else None
        )
    return errors.resolved()


def _fault(detail: ErrorDetails) -> ErrorDetail:
    where, *rest = detail["loc"]
    in_body = where == "body"
    return ErrorDetail(
        _code(detail["type"]),
        _message(detail),
        parameter=None if in_body else str(rest[0] if rest else where),
        pointer=json_pointer(rest) if in_body else None,
        allowed=_allowed(detail),
    )


def _allowed(detail: ErrorDetails) -> tuple[str, ...]:
    context = detail.get("ctx", {})
    listed = context.get("expected") or context.get("expected_tags") or ""
    return tuple(_QUOTED.findall(str(listed)))


def _message(detail: ErrorDetails) -> str:
    value, kind = detail.get("input"), detail["type"]
    if isinstance(value, str) and kind in ("too_long", "too_short"):  # of a constraint beside a check of our own
        kind = f"string_{kind}"
    reworded = _reworded(kind, detail.get("ctx", {}))
    if reworded is not None:
        return reworded
    message = detail["msg"].removeprefix("Value error, ")
    if isinstance(value, str) and len(value) >= _SHORT and value.casefold() in message.casefold():
        return _FALLBACK
    return message


def _reworded(kind: str, context: JsonMapping) -> str | None:
    match kind:
        case "string_too_short" | "too_short" if context["min_length"] == 1:
            return "This may not be empty."
        case "string_too_short":
            return f"This needs at least {context['min_length']} characters."
        case "too_short":
            return f"This needs at least {context['min_length']} items."
        case "literal_error" | "enum":
            choices = _QUOTED.findall(str(context["expected"]))
            return (
                f"This must be {context['expected']}."
                if len(choices) <= _FEW
                else "This must be one of the values in `allowed`."
            )
    text = _REWORDED.get(kind)
    if text is None:
        return None
    for name, value in context.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
