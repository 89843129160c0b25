"""Request bodies, read once and strictly: JSON, and the pairs of a form."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from email.message import Message
from typing import Any, Final
from urllib.parse import parse_qsl

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from app.http.problems.validation_errors import MANY, check_many
from app.kit.errors import ErrorDetail, Invalid, Malformed, UnsupportedMediaType
from app.kit.text.json_parser import MAX_NODES, JsonTextError, parse

JSON: Final = ("application/json",)
MERGE_PATCH: Final = ("application/merge-patch+json", "application/json")

RouteHandler = Callable[[Request], Coroutine[Any, Any, Response]]
"""What `APIRoute.get_route_handler` returns: a class of routes reads the body before it."""

_THREAD_FROM: Final = 16 * 1024
"""Bytes from which a body is read in a thread: it takes longer than handing it over."""
MAX_MEDIA_TYPE_LENGTH: Final = 512
"""Characters of a media type with its parameters."""


def model_of(body_field: Any) -> TypeAdapter[Any] | None:
    """What FastAPI checks the body of a route against."""
    return None if body_field is None else TypeAdapter(body_field.field_info.annotation)


async def read_json(
    request: Request,
    media_types: Sequence[str] = JSON,
    *,
    max_nodes: int = MAX_NODES,
    model: TypeAdapter[Any] | None = None,
) -> object:
    """The value that the body states. Raises UnsupportedMediaType (Content-Type, charset or coding), Malformed and
    Invalid; ContentTooLarge comes from the middleware around the application. `model` is what FastAPI checks the value
    against afterwards: where very much is wrong, it is refused here."""
    media_type_of(request, media_types)
    body = await request.body()
    if len(body) < _THREAD_FROM:
        return read_bytes(body, max_nodes, model)
    return await asyncio.to_thread(read_bytes, body, max_nodes, model)


def read_bytes(body: bytes, max_nodes: int = MAX_NODES, model: TypeAdapter[Any] | None = None) -> object:
    """As `read_json`, of a body that is there already."""
    value = _parsed(body, max_nodes)
    if model is not None and body.count(b",") > MANY:
        check_many(model, value)
    return value


def _parsed(body: bytes, max_nodes: int) -> object:
    try:
        return parse(body, max_nodes=max_nodes)
    except JsonTextError as error:
        if error.malformed:
            raise Malformed(error.message) from None
        raise Invalid(errors=[ErrorDetail("not-allowed", error.message, pointer=error.pointer)]) from None


def parse_pairs(raw: bytes, max_pairs: int) -> list[tuple[str, str]]:
    """The decoded pairs of a form or a query string (WHATWG URL, application/x-www-form-urlencoded).

    Raises UnicodeError if it is not percent-encoded UTF-8, and ValueError if there are more than `max_pairs`.
    """
    return parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=max_pairs)


def media_type_of(request: Request, media_types: Sequence[str]) -> str:
    """The one of the media types that the request names. Raises UnsupportedMediaType; JSON has to be UTF-8."""
    given = request.headers.get("content-type", "")
    if len(given) > MAX_MEDIA_TYPE_LENGTH:
        raise UnsupportedMediaType("Content-Type is too long.", accepts=media_types)
    sent = Message()
    sent["Content-Type"] = given
    charset = sent.get_param("charset", "utf-8")
    if not given:
        raise UnsupportedMediaType("Content-Type is missing: it says what the body is.", accepts=media_types)
    if sent.get_content_type() not in media_types:
        raise UnsupportedMediaType("Content-Type does not name a supported media type.", accepts=media_types)
    if sent.get_content_type() in (*JSON, *MERGE_PATCH) and str(charset).lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("JSON must be UTF-8.", accepts=media_types)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Request bodies must not have a content coding.", accepts=media_types)
    return sent.get_content_type()
