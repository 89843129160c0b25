"""XML as text: elements made of others, everything in them escaped, nothing in them that XML 1.0 cannot have."""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(value: str) -> str:
    return escape(_legal(value))


def leaf(name: str, value: str, attributes: Mapping[str, str] | None = None) -> str:
    return element(name, (text(value),), attributes)


def element(name: str, content: Iterable[str] = (), attributes: Mapping[str, str] | None = None) -> str:
    """`content` is XML already."""
    given = "".join(f" {key}={quoteattr(_legal(value))}" for key, value in (attributes or {}).items())
    return f"<{name}{given}>{''.join(content)}</{name}>"


def _legal(value: str) -> str:
    return _ILLEGAL.sub("\ufffd", value)
