"""JSON Pointers (RFC 6901)."""

from collections.abc import Iterable


def json_pointer(tokens: Iterable[int | str]) -> str:
    """The pointer to a value by its member names and indices; empty for the whole document."""
    return "".join(f"/{escape_token(str(token))}" for token in tokens)


def escape_token(token: str) -> str:
    """A member name as it stands in a pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def parse_pointer(pointer: str) -> list[str]:
    """The unescaped tokens of a pointer."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
