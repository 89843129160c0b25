"""Groups of values for one statement each."""

from app.kit.containers.chunks import SIZE, chunks


def test_values_keep_their_order_in_groups_of_the_size() -> None:
    values = range(2 * SIZE + 1, 0, -1)
    groups = list(chunks(values))
    assert [len(group) for group in groups] == [SIZE, SIZE, 1]
    assert [value for group in groups for value in group] == list(values)


def test_nothing_makes_no_group() -> None:
    assert list(chunks(())) == []
