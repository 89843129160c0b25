"""The design is the project's own to set: colours that can be read, a logo, notices, and who is responsible."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from pydantic import ValidationError

from app.config.setting_types import PAPER, PAPER_DARK
from app.config.settings import Settings
from app.kit.values.colours import contrast
from app.pages.assets import FOLDER
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details
from tests.pages.html import browse

pytestmark = pytest.mark.one_engine

NOTICE = "If a child is in danger now, call 999."


@pytest.fixture(scope="module")
def themed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    logo = tmp_path_factory.mktemp("theme") / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")
    settings = {
        "theme_logo": str(logo),
        "theme_colour": "#7a1f5c",
        "help_notice": NOTICE,
        "responsible": "University of <Example>",
        "contact": "jo@example.org",
    }
    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url, **settings)) as kb:
        yield kb


@pytest.mark.parametrize(
    "path", ["/topics/ethics", "/search", "/subscribe", "/problems", "/accessibility", "/topics/x"]
)
def test_every_page_has_the_notice_the_contact_and_the_statement(themed: Corpus, path: str) -> None:
    page = browse(themed.client, path)
    assert NOTICE in page.texts("p")
    assert "by University of <Example>" in page.texts("footer")[0]
    links = page.links()
    assert (links["jo@example.org"], links["Accessibility"]) == ("mailto:jo@example.org", "/accessibility")
    assert page.links()["Skip to the content"] == "#content"
    assert page.values("main", "id") == ["content"]


def test_the_theme_is_in_the_style_sheet_and_the_logo_comes_from_here(themed: Corpus) -> None:
    page = browse(themed.client, "/search")
    (style,) = page.values("link", "href", rel="stylesheet")
    answer = themed.client.get(style)
    assert "--accent: #7a1f5c" in answer.text
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    (logo,) = page.values("img", "src")
    assert themed.client.get(logo).headers["content-type"] == "image/svg+xml"
    assert themed.client.get(re.sub(r"[0-9a-f]{16}", "0" * 16, logo)).status_code == 404


def test_something_wrong_is_a_mail_about_the_page(themed: Corpus) -> None:
    link = browse(themed.client, "/topics/ethics").links()["Something wrong? Tell us."]
    assert link == "mailto:jo@example.org?subject=Ethics&body=About%20http%3A//127.0.0.1%3A8000/topics/ethics%0A%0A"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme_colour", "#eeeeee"),
        ("theme_colour", "teal"),
        ("theme_colour_dark", "#222222"),
        ("theme_logo", "nowhere.svg"),
        ("theme_logo", __file__),
    ],
)
def test_a_theme_that_cannot_be_read_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(_env_file=None, **{name: value})  # type: ignore[arg-type]  # what is tested


def test_every_colour_of_text_can_be_read_on_every_background() -> None:
    """WCAG 2.2, success criteria 1.4.3 (text) and 1.4.11 (edges of controls), by day and in dark mode."""
    style = (FOLDER / "style.css").read_text("utf-8")
    schemes = re.findall(r"--paper: (?!#fff;)[^}]*", style)
    for scheme, paper in zip(schemes, (PAPER, PAPER_DARK), strict=True):
        colours = dict(re.findall(r"--(\w+): (#\w+);", scheme))
        assert colours["paper"] == paper
        for background in ("paper", "raised"):
            assert all(contrast(colours[text], colours[background]) >= 4.5 for text in ("ink", "quiet", "accent"))
            assert contrast(colours["edge"], colours[background]) >= 3
        assert contrast(colours["ink"], colours["mark"]) >= 4.5


def test_files_of_the_design_are_ours() -> None:
    text = "".join(each.read_text("utf-8") for each in FOLDER.iterdir() if each.name != "__init__.py")
    assert re.findall(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text) == []
