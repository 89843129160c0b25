"""Which representation is requested: by extension, then `?as=`, then `Accept`."""

from collections.abc import Sequence

from app.exports.formats import BY_EXTENSION, BY_MEDIA_TYPE, FORMATS, MEDIA_TYPES, Format
from app.exports.negotiation import negotiate, prefers_html
from app.kit.errors import ONCE, BadQuery, ErrorDetail, NotAcceptable
from app.kit.text.suggestions import closest_matches


def preferred_formats(accept: bytes | None) -> str:
    """The formats that an Accept header takes, the preferred first: a part of the response cache's key.

    Two headers with the same ranking get the same answer at every address, whichever formats it offers; those of who
    would rather have a page come first with `html`.
    """
    text = accept.decode("latin-1") if accept is not None else None
    left = list(MEDIA_TYPES)
    names: list[str] = ["html"] if prefers_html(text) else []
    while left and (found := negotiate(text, tuple(left))):
        left.remove(found)
        names.append(BY_MEDIA_TYPE[found].name)
    return ",".join(names)


def negotiate_format(
    extension: Format | None, requested: Sequence[str], accept: str | None, offered: Sequence[Format]
) -> Format:
    """Raises `NotAcceptable` naming what there is; `BadQuery` for an `as` that is repeated or not the extension's."""
    if len(requested) > 1:
        raise _bad_query("repeated", ONCE)
    if requested and extension is not None and requested[0] != extension.name:
        raise _bad_query("not-together", "The extension names another format.")
    if requested and requested[0] not in FORMATS:
        raise _not_acceptable(offered, closest_matches(requested[0], [each.name for each in offered]))
    chosen = extension or (FORMATS[requested[0]] if requested else None)
    if chosen is None:
        found = negotiate(accept, tuple([each.media_type for each in offered]))
        chosen = BY_MEDIA_TYPE[found] if found else None
    if chosen is None or chosen not in offered:
        raise _not_acceptable(offered)
    return chosen


def _not_acceptable(offered: Sequence[Format], near: Sequence[str] | None = None) -> NotAcceptable:
    """`near` are names like the one in `as`, where one was given."""
    allowed = tuple(each.name for each in offered)
    errors = []
    if near is not None:
        suggestion = near[0] if near else None
        errors = [ErrorDetail("unknown-format", "Unknown format.", "as", allowed=allowed, suggestion=suggestion)]
    there_is = f"Available formats: {', '.join(each.label for each in offered)}."
    return NotAcceptable(there_is, choices=[each.media_type for each in offered], errors=errors)


def _bad_query(code: str, message: str) -> BadQuery:
    error = ErrorDetail(code, message, parameter="as")
    return BadQuery(errors=(error,))


def split_extension(name: str) -> tuple[str, Format | None]:
    """`publications.ris` as its stem and a format; a name without a known extension is whole."""
    stem, dot, extension = name.rpartition(".")
    found = BY_EXTENSION.get(extension) if dot and stem else None
    return (stem, found) if found else (name, None)
