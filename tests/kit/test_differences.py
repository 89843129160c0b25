"""What differs between versions, in an answer of a bounded size."""

import json

from app.kit.differences import ROOM, ROOM_FOR_NAMES, fitting


def test_the_shortest_are_told_and_the_others_are_named() -> None:
    short, long = {"yours": "a", "theirs": "b"}, {"yours": "é" * ROOM, "theirs": None}
    assert fitting({"sources": long, "summary": short, "title": short}) == (
        {"summary": short, "title": short},
        ["sources"],
    )


def test_many_names_take_no_more_room_than_there_is() -> None:
    differences = {f"{number}{'x' * 190}": {"yours": [1] * 10} for number in range(2000)}
    told, names = fitting(differences)
    assert len(json.dumps(told)) <= ROOM
    assert len(json.dumps(names)) <= 2 * ROOM_FOR_NAMES
    assert told
    assert names
