"""JSON from strangers: RFC 8259 with every ambiguity of its section 9 refused (see also I-JSON, RFC 7493).

No message repeats what was sent; a pointer shows the place.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Final

from app.kit.json_pointer import escape_token
from app.kit.text.characters import has_control

MAX_DEPTH: Final = 32
MAX_NODES: Final = 10_000
"""Values in one text, keys aside: each is looked at."""
_MAX_INTEGER_LENGTH: Final = len(str(-(2**63)))
_MAX_KEY_LENGTH: Final = 200
_INTEGERS: Final = range(-(2**63), 2**63)

# A string without an end runs to the end of the text: one pass, whatever the text.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NO_BRACKET = bytes(byte for byte in range(256) if byte not in b"[]{}")


_EXPECTED: Final = (
    ("Expecting value", "a value was expected"),
    ("Expecting property name", "a name in double quotes was expected"),
    ("Expecting ':'", "a colon was expected"),
    ("Expecting ','", "a comma or a closing bracket was expected"),
    ("Unterminated string", "this text has no closing quotation mark"),
    ("Extra data", "nothing more was expected"),
    ("Invalid control character", "line breaks and other control characters are written as escapes"),
    ("Invalid \\", "this escape means nothing"),
    ("Illegal trailing comma", "nothing is expected after this comma"),
)
"""What the parser of the standard library says, and our words for it."""


class JsonTextError(ValueError):
    """`malformed` distinguishes invalid JSON from JSON with content that is not allowed; `pointer` is RFC 6901."""

    def __init__(self, message: str, pointer: str = "", *, malformed: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer
        self.malformed = malformed


class _TooManyDigits:
    """Stands for an integer that was not worth converting."""


class _RepeatedKeys(dict[str, object]):
    """Stands for an object whose keys are not unique."""


def parse(raw: bytes, *, max_depth: int = MAX_DEPTH, max_nodes: int = MAX_NODES) -> object:
    """The value of a JSON text: UTF-8 without a mark, unique keys, clean strings, signed 64-bit integers and
    finite floats. Raises JsonTextError; depth and number of values are measured before anything is made of them."""
    text = _decoded(raw)
    if raw.count(b'"') - raw.count(b'\\"') > 4 * max_nodes:  # two for a value, and two for its key
        raise JsonTextError(f"The body may have at most {max_nodes} values.")
    bare = _STRING.sub(b"", raw)
    if sum(map(bare.count, (b",", b"[", b"{"))) >= max_nodes:
        raise JsonTextError(f"The body may have at most {max_nodes} values.")
    if _deeper_than(bare, max_depth):
        raise JsonTextError(f"Arrays and objects may be nested at most {max_depth} levels deep.")
    value = _loaded(text)
    for pointer, part in _walk(value):
        _check(pointer, part)
    return value


def _decoded(raw: bytes) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        raise JsonTextError("The body must not begin with a byte order mark.", malformed=True)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise JsonTextError("The body is not UTF-8.", malformed=True) from None


def _deeper_than(bare: bytes, limit: int) -> bool:
    """Of a text without its strings."""
    depth = 0
    for bracket in bare.translate(None, _NO_BRACKET):
        depth += 1 if bracket in b"[{" else -1
        if depth > limit:
            return True
    return False


def _loaded(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        expected = next((words for mark, words in _EXPECTED if mark in error.msg), "this is not JSON")
        raise JsonTextError(f"Malformed JSON at {place}: {expected}.", malformed=True) from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _RepeatedKeys(found)


def _integer(digits: str) -> object:
    return int(digits) if len(digits) <= _MAX_INTEGER_LENGTH else _TooManyDigits()


def _no_constant(_: str) -> object:
    raise JsonTextError("NaN and Infinity are not JSON.", malformed=True)


def _walk(root: object) -> Iterator[tuple[str, object]]:
    stack = [("", root)]
    while stack:
        pointer, value = stack.pop()
        yield pointer, value
        if isinstance(value, dict):
            stack.extend((f"{pointer}/{escape_token(key)}", part) for key, part in value.items())
        elif isinstance(value, list):
            stack.extend((f"{pointer}/{index}", part) for index, part in enumerate(value))


def _check(pointer: str, value: object) -> None:
    if isinstance(value, _RepeatedKeys):
        raise JsonTextError("This object has the same key twice.", pointer)
    if isinstance(value, dict) and not all(map(_is_clean_key, value)):
        raise JsonTextError(
            "A key of this object has more than 200 characters or contains control characters.", pointer
        )
    if isinstance(value, _TooManyDigits) or (isinstance(value, int) and value not in _INTEGERS):
        raise JsonTextError("An integer must fit into 64 bits.", pointer)
    if isinstance(value, float) and not math.isfinite(value):
        raise JsonTextError("A number is outside the range of a double.", pointer)
    if isinstance(value, str) and has_control(value):
        raise JsonTextError("The text contains a control character or an unpaired surrogate.", pointer)


def _is_clean_key(key: str) -> bool:
    return len(key) <= _MAX_KEY_LENGTH and not has_control(key)
