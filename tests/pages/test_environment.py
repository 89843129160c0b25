"""Whatever is rendered for people comes from one environment: sandboxed, escaped, and nothing undefined."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import DictLoader, UndefinedError
from jinja2.exceptions import SecurityError
from markupsafe import escape

from app.pages import environment
from app.pages.environment import render_template

APP = Path(environment.__file__).parents[1]
MARKUP = "<b>&amp;</b>"


@pytest.fixture
def templates(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Those of the test, by their names."""
    found: dict[str, str] = {}
    monkeypatch.setattr(environment._ENVIRONMENT, "loader", DictLoader(found))
    return found


def test_html_is_escaped_and_text_is_not(templates: dict[str, str]) -> None:
    names = ("page.html", "mail.txt", "mail.subject")
    templates |= dict.fromkeys(names, "{{ value }}")
    assert [render_template(name, value=MARKUP) for name in names] == [str(escape(MARKUP)), MARKUP, MARKUP]


def test_what_is_not_given_is_an_error(templates: dict[str, str]) -> None:
    templates["page.html"] = "{{ value }}"
    with pytest.raises(UndefinedError):
        render_template("page.html")


@pytest.mark.parametrize("source", ["{{ value.__class__.__mro__ }}", "{{ value.append(1) }}"])
def test_a_template_reaches_nothing_behind_its_values_and_changes_none(templates: dict[str, str], source: str) -> None:
    templates["page.html"] = source
    with pytest.raises(SecurityError):
        render_template("page.html", value=[])


def test_what_is_safe_of_one_type_is_not_for_that_of_another(templates: dict[str, str]) -> None:
    templates["page.html"] = "{{ value.pop }}"
    assert render_template("page.html", value=SimpleNamespace(pop="music")) == "music"
    with pytest.raises(SecurityError):
        render_template("page.html", value=[1])


def test_there_is_no_other_environment_and_no_html_in_code() -> None:
    code = {path.relative_to(APP).as_posix(): path.read_text("utf-8") for path in APP.rglob("*.py")}
    assert [name for name, text in code.items() if "jinja2" in text] == ["pages/environment.py"]
    written = [name for name, text in code.items() if "<html" in text or "<p>" in text]
    assert written == ["exports/checklist.py"]  # a format: formats know no templates, and it escapes what it is given
