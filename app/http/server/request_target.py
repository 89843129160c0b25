"""The target of a request, in the forms that a server of its own paths may be sent (RFC 9112 section 3.2)."""

import re

_ABSOLUTE = re.compile(rb"https?://([A-Za-z0-9.\-_~%!$&'()*+,;=:\[\]]+)(/[^#]*|\?[^#]*|)", re.I)


class BadTarget(Exception):
    """It does not name anything that could be here."""


def is_origin_form(target: bytes) -> bool:
    """What nearly every request has."""
    return target[:1] == b"/" and b"#" not in target


def origin_form(target: bytes, method: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Path and query of any other target. Of an absolute one the authority takes the place of every `Host`, as
    section 3.2.2 asks for. Raises BadTarget."""
    if target == b"*" and method == b"OPTIONS":
        return target
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or method == b"CONNECT":
        raise BadTarget
    authority, rest = absolute.groups()
    headers[:] = [field for field in headers if field[0] != b"host"]
    headers.append((b"host", authority))
    return rest if rest[:1] == b"/" else b"/" + rest
