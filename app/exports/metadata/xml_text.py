"""Pieces of XML 1.0 as text."""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in XML, not even as a reference (section 2.2)."""

XmlAttributes = dict[str, str | None]


def document(elements: Iterable[str], *, root: str | None, attributes: XmlAttributes | None = None) -> Iterator[str]:
    """Piece by piece: the elements within the root, or without one the only element."""
    yield DECLARATION
    if root is not None:
        yield f"<{root}{attribute_text(attributes)}>\n"
    yield from elements
    if root is not None:
        yield f"</{root}>\n"


def leaf(name: str, text: object, attributes: XmlAttributes | None = None) -> str:
    """An element with text; nothing where there is no text. Attributes that are None are left out."""
    if text is None or text == "":
        return ""
    return f"<{name}{attribute_text(attributes)}>{escape(_clean(str(text)))}</{name}>\n"


def branch(name: str, *children: str, attributes: XmlAttributes | None = None) -> str:
    """An element with elements; nothing where all of them are empty."""
    inside = "".join(children)
    return f"<{name}{attribute_text(attributes)}>\n{inside}</{name}>\n" if inside else ""


def attribute_text(given: XmlAttributes | None) -> str:
    """With a space before each."""
    if given is None:  # of most elements
        return ""
    return "".join(f" {name}={quoteattr(_clean(value))}" for name, value in given.items() if value is not None)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
