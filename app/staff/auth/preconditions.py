"""Which version of a resource a client saw: `If-Match` (RFC 9110 section 13.1.1), or `version` in the body."""

import re
from typing import Annotated, Final

from fastapi import Header

from app.kit.errors import BadQuery, ErrorDetail, Invalid, PreconditionRequired, Stale

ETAG_PATTERN: Final = '^(W/)?"[^"]*"$'
_OURS: Final = re.compile(r'"([0-9]{1,18})"')

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='ETag of the version to change, for example `"3"`; required unless the body has `version`.',
        examples=['"1"'],
    ),
]
"""For the signature of a handler, so that the description names the field; `UnitOfWork.expected` reads it."""


def etag(version: int) -> str:
    """The strong validator of that version of a resource."""
    return f'"{version}"'


def expected_version(if_match: str | None, version: int | None) -> int:
    """Raises PreconditionRequired where neither is given, Invalid where they differ, Stale for a tag that can match
    nothing (section 8.8.3.2: a weak one never does), BadQuery for a field that is not one tag.
    """
    if if_match is None:
        if version is None:
            raise PreconditionRequired("Send its ETag as If-Match, or `version` in the body.")
        return version
    tagged = _version_of(if_match.strip())
    if version is not None and tagged != version:
        error = ErrorDetail("contradiction", "If-Match names another version.", pointer="/version")
        raise Invalid("If-Match and the body name different versions.", errors=[error])
    return tagged


def _version_of(tag: str) -> int:
    found = _OURS.fullmatch(tag)
    if found:
        return int(found[1])
    if re.search(ETAG_PATTERN, tag):
        raise Stale("If-Match is not the ETag of any version of this resource.")
    error = ErrorDetail(
        "not-a-tag", 'Send one ETag, for example `"3"`; `*` would overwrite changes that you have not seen.', "If-Match"
    )
    raise BadQuery("Invalid If-Match.", errors=[error])
