import pytest

from app.kit.errors import ErrorDetail, summarise


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("This must be a year.", "`rows` must be a year."),
        ("This cannot be combined with `sample`", "`rows` cannot be combined with `sample`."),
        ("must be a year", "`rows` must be a year."),
        ("At most 10 values.", "`rows` may have at most 10 values."),
        ("This field cannot be counted.", "`rows`: This field cannot be counted."),
        ("This cursor belongs to another query.", "`rows`: This cursor belongs to another query."),
        ("There is no such field.", "`rows`: There is no such field."),
    ],
)
def test_the_place_of_an_error_is_the_subject_of_its_sentence_unless_that_has_one(message: str, sentence: str) -> None:
    assert summarise([ErrorDetail("any", message, "rows")]) == sentence
