"""What a secret looks like, and that a slip in copying it is found."""

import re
from hashlib import sha256

import pytest

from app.kit.tokens import contains_token, new_token, parse_token


def test_a_token_has_a_prefix_a_public_id_256_bits_and_a_checksum() -> None:
    token = new_token("kb")
    assert re.fullmatch(r"kb_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}", token.text)
    assert 62**43 > 2**256
    assert token.digest == sha256(token.secret.encode()).hexdigest()


def test_what_was_shown_can_be_read() -> None:
    token = new_token("kb")
    assert parse_token("kb", token.text) == token


def test_no_two_are_alike() -> None:
    assert len({new_token("kb").secret for _ in range(100)}) == 100


@pytest.mark.parametrize("place", range(3, 65))
def test_one_wrong_character_is_noticed(place: int) -> None:
    text = new_token("kb").text
    wrong = "x" if text[place] != "x" else "y"
    assert parse_token("kb", text[:place] + wrong + text[place + 1 :]) is None


@pytest.mark.parametrize("change", [str.lower, str.upper, str.strip, lambda text: text[:-1], lambda text: text + " "])
def test_what_is_changed_is_no_token(change: object) -> None:
    assert callable(change)
    text = new_token("kb").text
    changed = change(text)
    assert (parse_token("kb", changed) is None) == (changed != text)


def test_a_token_of_another_sort_is_not_read() -> None:
    assert parse_token("kb", new_token("other").text) is None


def test_a_token_in_a_message_does_not_reveal_its_secret() -> None:
    token = new_token("kb")
    assert token.secret not in repr(token)
    assert token.id in repr(token)


def test_a_token_is_found_in_a_text() -> None:
    text = new_token("kb").text
    for around in ("{}", "see {}", "kb_{}", "x{}y", '{{"name": "{}"}}', "Ä{}"):
        assert contains_token("kb", around.format(text).encode())
    assert not contains_token("kb", text[:-1].encode())
    assert not contains_token("kb", b"kb_ kb_x kb_123456789012_")
    assert not contains_token("kb", new_token("other").text.encode())
