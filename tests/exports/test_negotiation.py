import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exports.formats import MEDIA_TYPES
from app.exports.negotiation import negotiate

OFFERED = MEDIA_TYPES[:5]
JSON, CSL, BIBTEX, RIS, CSV = OFFERED


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/x-bibtex", BIBTEX),
        ("APPLICATION/X-BIBTEX", BIBTEX),
        ("text/csv", CSV),
        ("text/*", CSV),
        ("application/*", JSON),
        ("text/csv; header=present", CSV),
        ('text/csv;header="pre\\sent"; charset=utf-8', CSV),
        ("text/csv; header=absent", None),
        ("application/json; charset=utf-8", JSON),
        ("application/json; profile=x", None),
        ("text/html", None),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("application/x-bibtex;q=0.5, application/x-research-info-systems;q=0.9", RIS),
        ("application/x-bibtex;Q=0.5, application/json;q=0.4", BIBTEX),
        ("application/x-bibtex, application/json", JSON),
        ("text/csv, */*", JSON),
        ("text/csv, */*;q=0.1", CSV),
        ("application/json;q=0, */*", CSL),
        ("application/*;q=0, */*;q=0.1", CSV),
        ("*/*;q=0", None),
        ("application/json;q=0", None),
        ("text/csv;q=0.1, text/csv;header=present;q=0.9, application/json;q=0.5", CSV),
        ("text/*;q=0.9, text/csv;q=0.1, application/json;q=0.5", JSON),
        (" ,application/x-bibtex ,, ", BIBTEX),
        ("application/x-bibtex ; q=1.000 ,application/json;q=0.999", BIBTEX),
        ("application/x-bibtex;", BIBTEX),
        ('application/json;a=",text/csv", application/x-bibtex', BIBTEX),
    ],
)
def test_the_highest_quality_wins_then_the_order_of_the_offers(accept: str | None, chosen: str | None) -> None:
    assert negotiate(accept, OFFERED) == chosen


@pytest.mark.parametrize(
    "accept",
    [
        "bibtex",
        "application/x-bibtex;q=2",
        "application/x-bibtex;q=0.1234",
        "application/x-bibtex;q=",
        "application/x-bibtex;q=high",
        "application/x-bibtex application/json",
        "*/x-bibtex",
        "text/html, image/gif, *; q=.2",
        'application/x-bibtex;a="b',
        "application/x-bibtex, " * 200 + "application/x-bibtex",
    ],
)
def test_a_malformed_or_oversized_header_accepts_everything(accept: str) -> None:
    assert negotiate(accept, MEDIA_TYPES) == JSON
    assert negotiate(accept, (RIS, JSON)) == RIS


@given(st.text(st.sampled_from('aq/*;,="\\ .01'), max_size=40))
def test_any_header_gives_an_offer_or_nothing(accept: str) -> None:
    assert negotiate(accept, MEDIA_TYPES) in {*MEDIA_TYPES, None}
