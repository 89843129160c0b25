"""Texts as BERT's uncased models read them; the numbers are those that the library `tokenizers` gives."""

import pytest

from app.search.meaning.word_pieces import piece_numbers, words_of


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("multi-agency working", [4800, 1011, 4034, 2551]),
        ("Crèche, 2022!", [13675, 27635, 1010, 16798, 2475, 999]),
        ("Radicalisation", [7490, 6648]),
        ("x" * 101, [100]),
        ("Ελληνικά", [1159, 29727, 29727, 24824, 16177, 18199, 29726, 14608]),
        ("社会", [1924, 1763]),
        ("£1.9 million", [14534, 1012, 1023, 2454]),
        ("", []),
    ],
)
def test_pieces_have_the_numbers_that_the_model_was_made_with(text: str, numbers: list[int]) -> None:
    assert piece_numbers(text, 256) == [101, *numbers, 102]


def test_accents_case_and_what_nobody_sees_are_left_out_and_marks_stand_alone() -> None:
    assert list(words_of("Crèche\u200b, co-DESIGN\t(社会)")) == [
        "creche",
        ",",
        "co",
        "-",
        "design",
        "(",
        "社",
        "会",
        ")",
    ]


def test_signs_of_ascii_and_punctuation_of_any_script_are_marks_and_other_signs_are_not() -> None:
    assert list(words_of("a+b $5 left…right «so» 5°")) == [
        *("a", "+", "b"),
        *("$", "5"),
        *("left", "…", "right"),
        *("«", "so", "»"),
        "5°",
    ]


def test_the_longest_word_that_is_known_has_a_hundred_characters() -> None:
    assert len(piece_numbers("x" * 100, 256)) > 3
    assert len(piece_numbers("x" * 101, 256)) == 3


def test_only_so_many_are_read() -> None:
    assert len(piece_numbers("innovation " * 1_000, 256)) == 256
