"""A table in a file says what a mapping would."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.storage import stored_table
from app.search.storage.stored_table import NumberedTable, StoredTable, number_key, write_table
from tests.chance import by_chance

LETTERS = (b"a", b"b", b"\0")
KEYS = st.lists(st.sampled_from(LETTERS), max_size=3).map(b"".join)
VALUES = st.binary(max_size=4)


def a_key(random: Random) -> bytes:
    return b"".join(random.choices(LETTERS, k=random.randint(0, 3)))


ITEMS = st.dictionaries(KEYS, VALUES, max_size=12) | by_chance(
    lambda random: {a_key(random): random.randbytes(random.randint(0, 4)) for _ in range(random.randint(0, 40))}
)
NUMBERED = st.dictionaries(st.integers(0, 2**40), VALUES, max_size=12) | by_chance(
    lambda random: {random.choice([number, number << 30]): b"%d" % number for number in random.sample(range(40), 20)}
)


@given(ITEMS, st.lists(KEYS, max_size=5))
def test_by_key_and_by_the_beginning_of_a_key(items: dict[bytes, bytes], others: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        write_table(Path(folder) / "table", sorted(items.items()))
        table = StoredTable(Path(folder) / "table")
    assert len(table) == len(items)
    for key in (*items, *others):
        assert table.get(key) == items.get(key)
        assert [*table.items(key)] == sorted(each for each in items.items() if each[0].startswith(key))
    assert [*table.items()] == sorted(items.items())


@given(NUMBERED, st.lists(st.integers(0, 20), max_size=5))
def test_by_number(items: dict[int, bytes], others: list[int]) -> None:
    with TemporaryDirectory() as folder:
        write_table(Path(folder) / "table", ((number_key(number), items[number]) for number in sorted(items)))
        table = NumberedTable(Path(folder) / "table")
    assert [*table.numbered_items()] == sorted(items.items())
    for number in (*items, *others):
        assert table.get_number(number) == items.get(number)


def mapped(path: Path) -> int:
    """Bytes of a file that count as memory of this process."""
    _, _, described = Path("/proc/self/smaps").read_text().partition(f"{path}\n")
    return int(described.partition("Rss:")[2].split()[0]) * 1024


def test_what_was_read_of_a_large_table_is_unmapped_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_table, "MAPPED_READS", 64)
    values = [bytes([number % 256]) * 4_096 for number in range(2_000)]
    write_table(tmp_path / "table", ((number_key(number), value) for number, value in enumerate(values)))
    small = NumberedTable(tmp_path / "table")
    assert [small.get_number(number) for number in range(2_000)] == values
    assert mapped(tmp_path / "table") > 8_000_000
    del small
    monkeypatch.setattr(stored_table, "LARGE", 1_000_000)
    large = NumberedTable(tmp_path / "table")
    assert [large.get_number(number) for number in range(2_000)] == values
    assert mapped(tmp_path / "table") < 4_000_000
