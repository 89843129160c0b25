"""Merge patches as RFC 7396 has them, and what differs between inputs."""

from typing import Any

import pytest

from app.staff.editing.merge_patch import differences, merge_patch, three_way_differences


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_the_standard(target: Any, patch: Any, result: Any) -> None:
    """Its appendix A."""
    assert merge_patch(target, patch) == result


def test_of_three_inputs_is_shown_what_either_changed() -> None:
    ancestor = {"title": "Old", "summary": "", "issued": None, "language": "en", "same": 1}
    yours = {"title": "Mine", "summary": "", "issued": "2024", "language": "cy", "same": 1}
    theirs = {"title": "Old", "summary": "Theirs.", "issued": "2024", "language": "de", "same": 1, "added": True}
    found = three_way_differences(ancestor, yours, theirs)
    assert found == {
        "added": {"yours": None, "theirs": True, "ancestor": None},
        "issued": {"yours": "2024", "theirs": "2024", "ancestor": None},
        "language": {"yours": "cy", "theirs": "de", "ancestor": "en"},
        "summary": {"yours": "", "theirs": "Theirs.", "ancestor": ""},
        "title": {"yours": "Mine", "theirs": "Old", "ancestor": "Old"},
    }
    assert list(found) == sorted(found)


def test_lists_say_what_was_added_and_removed_and_objects_what_changed_in_them() -> None:
    before = {"sources": ["a", "b"], "order": [1, 2], "more": [1], "less": [1, 2], "terms": {"topic": ["x"]}, "gone": 1}
    after = {"sources": ["b", "c"], "order": [2, 1], "more": [1, 2], "less": [1], "terms": {"topic": []}, "new": []}

    def changed(name: str, **said: Any) -> dict[str, Any]:
        return {"old": before[name], "new": after[name], **said}

    topic = {"old": ["x"], "new": [], "added": [], "removed": ["x"], "reordered": False}
    found = differences(before, after)
    assert found == {
        "gone": {"old": 1, "new": None},
        "less": changed("less", added=[], removed=[2], reordered=False),
        "more": changed("more", added=[2], removed=[], reordered=False),
        "new": {"old": None, "new": []},
        "order": changed("order", added=[], removed=[], reordered=True),
        "sources": changed("sources", added=["c"], removed=["a"], reordered=False),
        "terms": changed("terms", within={"topic": topic}),
    }
    assert list(found) == sorted(found)
    assert differences(before, before) == {}
