from app.kit.text.suggestions import closest_matches


def test_the_nearest_names_come_first() -> None:
    assert closest_matches("topc", ["stage", "topic", "format"]) == ("topic",)
    assert closest_matches("TOPIC", ["stage", "Topic"]) == ("Topic",)


def test_nothing_near_is_nothing() -> None:
    assert closest_matches("zzz", ["stage", "topic"]) == ()
    assert closest_matches("", ["stage"]) == ()


def test_long_names_are_not_worth_the_work() -> None:
    assert closest_matches("a" * 101, ["a" * 100]) == ()
