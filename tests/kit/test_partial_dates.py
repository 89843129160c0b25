from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.values.partial_dates import PartialDate, partial_date


@pytest.mark.parametrize(
    ("text", "parts", "start", "end"),
    [
        ("2022", (2022,), date(2022, 1, 1), date(2022, 12, 31)),
        ("2022-09", (2022, 9), date(2022, 9, 1), date(2022, 9, 30)),
        ("2024-02", (2024, 2), date(2024, 2, 1), date(2024, 2, 29)),
        ("2022-09-29", (2022, 9, 29), date(2022, 9, 29), date(2022, 9, 29)),
        ("0001", (1,), date(1, 1, 1), date(1, 12, 31)),
        ("9999-12", (9999, 12), date(9999, 12, 1), date(9999, 12, 31)),
    ],
)
def test_a_partial_date_is_its_whole_interval(text: str, parts: tuple[int, ...], start: date, end: date) -> None:
    parsed = PartialDate.parse(text)
    assert (parsed.parts, parsed.start, parsed.end, str(parsed)) == (parts, start, end, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "22",
        "20222",
        "2022-9",
        "2022-09-1",
        "2022/09",
        " 2022",
        "2022\n",
        "2022-",
        "2022-09-29T00:00",
        "٢٠٢٢",
    ],
)
def test_another_shape_is_refused_with_examples(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^must be a year, a month or a day, for example 2022, 2022-09 or 2022-09-29$"
    ):
        PartialDate.parse(text)


@pytest.mark.parametrize("text", ["0000", "2022-00", "2022-13", "2022-09-31", "2023-02-29", "2022-01-00"])
def test_a_date_outside_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a valid date"):
        PartialDate(text)


def test_the_validator_gives_the_text_back_and_refuses_the_same() -> None:
    assert partial_date("2022-09") == "2022-09"
    with pytest.raises(ValueError, match="valid date"):
        partial_date("2022-13")


@given(st.dates())
def test_months_and_years_end_on_the_day_before_the_next_begins(day: date) -> None:
    month = PartialDate(f"{day:%Y-%m}" if day.year > 999 else day.isoformat()[:7])
    year = PartialDate(day.isoformat()[:4])
    assert year.start <= month.start <= day <= month.end <= year.end
    assert month.end == date.max or (month.end + timedelta(days=1)).day == 1
