import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.values.durations import duration, from_seconds, to_seconds


@pytest.mark.parametrize(
    ("text", "seconds", "canonical"),
    [
        ("PT45M", 2700, "PT45M"),
        ("PT1H5M", 3900, "PT1H5M"),
        ("PT90M", 5400, "PT1H30M"),
        ("PT3661S", 3661, "PT1H1M1S"),
        ("PT1H0M", 3600, "PT1H"),
        ("PT0045M", 2700, "PT45M"),
        ("PT0S", 0, "PT0S"),
    ],
)
def test_a_duration_has_a_length_and_one_spelling(text: str, seconds: int, canonical: str) -> None:
    assert (to_seconds(text), duration(text)) == (seconds, canonical)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PT",
        "P",
        "P1D",
        "PT1.5H",
        "pt45m",
        "45",
        "PT45",
        "PT5M1H",
        "-PT1M",
        " PT1M",
        "PT1M\n",
        "PT٤M",
        "PT9999999S",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hours, minutes and seconds"):
        duration(text)


def test_less_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        from_seconds(-1)


@given(st.integers(0, 999_999 * 3600))
def test_seconds_survive_their_text(seconds: int) -> None:
    assert to_seconds(from_seconds(seconds)) == seconds
