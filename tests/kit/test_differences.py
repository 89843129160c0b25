"""What differs between versions, in an answer of a bounded size."""

import json

from app.kit.differences import MAX_BYTES, MAX_BYTES_OF_NAMES, fitting


def test_the_shortest_are_shown_and_the_others_are_named() -> None:
    short, long = {"yours": "a", "theirs": "b"}, {"yours": "é" * MAX_BYTES, "theirs": None}
    assert fitting({"sources": long, "summary": short, "title": short}) == (
        {"summary": short, "title": short},
        ["sources"],
    )


def test_many_names_take_no_more_bytes_than_allowed() -> None:
    differences = {f"{number}{'x' * 190}": {"yours": [1] * 10} for number in range(2000)}
    shown, names = fitting(differences)
    assert len(json.dumps(shown)) <= MAX_BYTES
    assert len(json.dumps(names)) <= 2 * MAX_BYTES_OF_NAMES
    assert shown
    assert names
