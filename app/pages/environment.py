"""The one Jinja environment: sandboxed, nothing undefined; HTML and XML are escaped, all else is text."""

import textwrap
from pathlib import Path
from typing import ClassVar, Final

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.kit.text.characters import remove_bidi_controls, single_line

TEMPLATES: Final = Path(__file__).parent / "templates"
WIDTH: Final = 76
"""Characters on a line of text (RFC 5322 section 2.1.1 wants no more than 78)."""


def header_line(text: str) -> str:
    """Without line breaks and other control characters, so that no header follows it and nothing is turned round."""
    return single_line(remove_bidi_controls(text))


def wrap_text(text: object, indent: int = 0) -> str:
    """Filled to the width of a mail; a long address stays in one piece."""
    margin = " " * indent
    lines = textwrap.wrap(
        header_line(str(text)),
        WIDTH,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def _is_escaped(name: str | None) -> bool:
    return name is None or name.endswith((".html", ".xml"))


class Sandbox(ImmutableSandboxedEnvironment):
    """Whether an attribute is safe depends on the type of an object and on the attribute's name; it is checked for
    every value that a page shows, so the result is cached. Templates name the attributes: there are few."""

    _safe: ClassVar[dict[tuple[type, str], bool]] = {}

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        key = type(obj), attr
        safe = self._safe.get(key)
        if safe is None:
            safe = self._safe[key] = super().is_safe_attribute(obj, attr, value)
        return safe


_ENVIRONMENT: Final = Sandbox(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=_is_escaped,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.filters |= {"wrapped": wrap_text, "line": header_line}


def has_template(name: str) -> bool:
    return (TEMPLATES / name).is_file()


def render_template(name: str, /, **values: object) -> str:
    """`name` is a path below `templates`; what the template names and is not given is an error."""
    return _ENVIRONMENT.get_template(name).render(values)
