"""What a value stands for when it is compared: its whole interval, in one spelling."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.query.value_types import BOOLEAN, DATE, DURATION, INSTANT, INTEGER, PERIOD, YEAR, ValueType

DAY = timedelta(days=1)


@given(st.dates(min_value=date(1, 2, 1), max_value=date(9999, 11, 30)))
def test_a_month_is_all_its_days_and_a_year_all_its_months(day: date) -> None:
    year, month = DATE.interval(f"{day.year:04}"), DATE.interval(f"{day.year:04}-{day.month:02}")
    exact = DATE.interval(day.isoformat())
    assert exact == (day.toordinal(), day.toordinal())
    months, years = [int(end) for end in month], [int(end) for end in year]
    assert years[0] <= months[0] <= day.toordinal() <= months[1] <= years[1]
    first, last = (date.fromordinal(end) for end in months)
    assert (first.day, (last + DAY).day) == (1, 1)
    assert {each.month for each in (first, last)} == {day.month}
    assert date.fromordinal(years[0]) == date(day.year, 1, 1)
    assert date.fromordinal(years[1]) == date(day.year, 12, 31)


def test_a_day_of_instants_is_all_its_seconds() -> None:
    low, high = INSTANT.interval("2026-03-29")
    assert (low, high) == (
        INSTANT.interval("2026-03-29T00:00:00Z")[0],
        INSTANT.interval("2026-03-29T23:59:59Z")[1],
    )
    assert int(high) - int(low) == 86_399


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        (YEAR, ["2022", "2022-09", "2022-09-29"]),
        (DURATION, ["PT90S", "PT1M30S"]),
        (INTEGER, ["7", "007"]),
        (BOOLEAN, ["true", "TRUE", "True"]),
    ],
    ids=lambda value: value.name if isinstance(value, ValueType) else None,
)
def test_what_means_the_same_is_spelt_the_same(kind: ValueType, spellings: list[str]) -> None:
    assert len({kind.canonical(text) for text in spellings}) == 1
    assert kind.interval(kind.canonical(spellings[0])) == kind.interval(spellings[-1])


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (DATE, "2022-02-30"),
        (DATE, "22"),
        (DATE, ""),
        (YEAR, "0000"),
        (INSTANT, "2026-01-01T00:00:00"),
        (INSTANT, "2026-01-01T24:00:01Z"),
        (INTEGER, "1.0"),
        (INTEGER, "--1"),
        (INTEGER, chr(0x661)),
        (INTEGER, "9" * 30),
        (DURATION, "P1D"),
        (DURATION, "PT"),
        (BOOLEAN, "yes"),
    ],
    ids=lambda value: value.name if isinstance(value, ValueType) else ascii(value)[:12],
)
def test_what_has_not_the_form_is_refused(kind: ValueType, text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be"):
        kind.interval(text)


@pytest.mark.parametrize(
    ("kind", "text"), [(DATE, "2022"), (YEAR, "2022"), (PERIOD, "2021-05/2022"), (DURATION, "PT5M")]
)
def test_a_value_is_sorted_by_its_beginning(kind: ValueType, text: str) -> None:
    assert kind.key(text) == kind.interval(text)[0]
