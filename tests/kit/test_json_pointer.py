"""JSON Pointers, by the examples of RFC 6901 section 5."""

import pytest

from app.kit.json_pointer import escape_token, json_pointer, parse_pointer


@pytest.mark.parametrize(
    ("tokens", "pointer"),
    [
        ([], ""),
        (["foo"], "/foo"),
        (["foo", "0"], "/foo/0"),
        ([""], "/"),
        (["a/b"], "/a~1b"),
        (["c%d"], "/c%d"),
        (["m~n"], "/m~0n"),
        (["~1", "~01/"], "/~01/~001~1"),
    ],
)
def test_tokens_are_escaped_and_read_back(tokens: list[str], pointer: str) -> None:
    assert json_pointer(tokens) == pointer
    assert parse_pointer(pointer) == tokens
    assert "".join(f"/{escape_token(token)}" for token in tokens) == pointer


def test_an_index_is_a_token_as_well() -> None:
    assert json_pointer(["contributors", 0, "agent"]) == "/contributors/0/agent"
