"""What counts as saying a word, and what does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit.text.phrases import Phrases

SAID = [
    ("Ashford", "We went to ASHFORD twice."),
    ("Ashford", "Ashford's team, and the Ashfords’ own"),
    ("Ashford", "https://example.org/ashford-report.pdf"),
    ("Ashford", "https://example.org/%61shford"),
    ("Ashford", "Ash-ford, ash\u2010ford or Ash\u00adford"),
    ("Ashford", "the Ash Ford estate"),
    ("Ashford", "Ash-\nford, broken at the end of a line"),
    ("Ash-ford", "near ashford"),
    ("New Town", "in New-Town, or newtown"),
    ("New Town", "new   town"),
    ("New-Town", "new town"),
    ("St. John’s", "at St Johns"),
    ("Café Zoë", "cafe zoe"),
    ("cafe zoe", "CAFÉ ZOE\u0308"),
    ("Sørås", "soras"),
    ("lighthouse", "the lighthouses"),
    ("lighthouses", "a lighthouse"),
    ("library", "libraries"),
    ("step", "stepped and stepping"),
    ("care", "caring"),
    ("moving", "moved"),
    ("box", "boxes"),
    ("Straße", "STRASSE"),
    ("Ash", "Ａｓｈ in wide letters"),
    ("Ligue", "la_ligue_2"),
    ("Ashford", "Ash&shy;ford, or Ash&#8203;ford"),
    ("Ashford", "&#65;shford"),
    ("Ashford", "&amp;#65;shford"),
    ("Ashford", "Ash<wbr>ford"),
    ("Ashford", "<b>A</b>sh<!-- -->fo<i>rd</i>"),
    ("Ashford", '<a href="/ashford">here</a>'),
    ("Ashford", "[Ash](https://example.org)ford"),
    ("Ashford", "*A*shf**o**rd"),
    ("Ashford", "A\u200es\u2063h\u034ff\ufe0fo\u202erd"),
    ("Ashford", "https://example.org/ashford2024.jpg"),
    ("Area 51", "at area51, and AREA-51"),
    ("M62", "the M 62"),
]

NOT_SAID = [
    ("Ashford", "Ashfordshire and Ashfordian"),
    ("Ash", "washing, and a sash"),
    ("New Town", "a new small town"),
    ("New Town", "town, new"),
    ("care", "careful cars"),
    ("Lea", "please leave"),
    ("step", "a stepson"),
    ("", "anything"),
    (" - ", "a - b"),
    ("Ashford", ""),
    ("M62", "the M621"),
    ("Ashford", "Ash and Ford <Ltd>"),
]


ENDINGS = ["", "s", "es", "ed", "ing", "er", "ers", "ly", "ies", "ied", "ier", "ily", "y", "e"]


@pytest.mark.parametrize(("word", "text"), SAID)
def test_a_word_is_found_however_it_is_written(word: str, text: str) -> None:
    assert Phrases(["unheard", word]).are_in(text)


@pytest.mark.parametrize(("word", "text"), SAID)
def test_the_quick_look_misses_none(word: str, text: str) -> None:
    assert Phrases(["unheard", word]).may_be_in(f"Around it. {text}, and more.")
    assert not Phrases([word]).may_be_in("Qqq.")


@given(st.text("aeiourstlnygd", min_size=3, max_size=9), st.sampled_from(ENDINGS), st.sampled_from(ENDINGS))
@settings(max_examples=500, deadline=None)
def test_the_quick_look_misses_no_inflected_form(stem: str, one: str, other: str) -> None:
    for word in (stem + one, stem + stem[-1] + one):
        for text in (
            stem + other,
            stem.removesuffix("e") + other,
            stem + stem[-1] + other,
            f"{stem[:2]}-{stem[2:]}{other}",
        ):
            if Phrases([word]).are_in(text):
                assert Phrases([word]).may_be_in(text)


@pytest.mark.parametrize(("word", "text"), NOT_SAID)
def test_other_words_are_not_it(word: str, text: str) -> None:
    assert not Phrases([word]).are_in(text)


def test_nothing_to_look_for_is_false() -> None:
    assert not Phrases(["", "…"])
    assert Phrases(["a"])
