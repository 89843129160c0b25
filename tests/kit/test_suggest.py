from app.kit.suggest import nearest


def test_the_nearest_names_come_first():
    assert nearest("topc", ["stage", "topic", "format"]) == ("topic",)
    assert nearest("TOPIC", ["stage", "Topic"]) == ("Topic",)


def test_nothing_near_is_nothing():
    assert nearest("zzz", ["stage", "topic"]) == ()
    assert nearest("", ["stage"]) == ()


def test_long_names_are_not_worth_the_work():
    assert nearest("a" * 101, ["a" * 100]) == ()
