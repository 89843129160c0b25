"""From templates to the text and the HTML of a mail: sandboxed, escaped, and nothing undefined."""

import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAILS: Final = Path(__file__).parent / "mails"
FALLBACK: Final = "en"
WIDTH: Final = 76
"""Characters on a line of text (RFC 5322 section 2.1.1 wants no more than 78)."""
OWN_LINK: Final = f"https://own-link.invalid/{token_hex(16)}"
"""Stands where everybody has another link; nobody can write it into a title."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What would turn round all that follows it on the line (UAX 9): what is written beside it is not its own."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a mail says. `subscriptions` are those that it is sent for: there are some on bulk mail, none on mail that
    answers what somebody did."""

    subject: str
    text: str
    html: str
    language: str = FALLBACK
    subscriptions: tuple[int, ...] = ()


def render(name: str, language: str, values: dict[str, Any], subscriptions: tuple[int, ...] = ()) -> Message:
    """`name` is that of three templates: `.subject`, `.txt` and `.html`. In English where the language has none."""
    spoken = language if (MAILS / language / f"{name}.txt").is_file() else FALLBACK
    subject, text, html = (_template(f"{spoken}/{name}.{end}").render(values) for end in ("subject", "txt", "html"))
    return Message(header_line(subject), _tidied(text), html, spoken, subscriptions)


def remove_bidi_controls(text: str) -> str:
    """Nothing in it turns round what stands beside it."""
    return _TURNING.sub("", text)


def header_line(text: str) -> str:
    """Without line breaks and other control characters, so that no header follows it and nothing is turned round."""
    return " ".join(_CONTROL.sub(" ", remove_bidi_controls(text)).split())


def wrapped(text: object, indent: int = 0) -> str:
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


def _tidied(text: str) -> str:
    """No space at the end of a line, no more than one empty line in a row."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"


def _template(name: str) -> Any:
    return _environment(escaped=name.endswith(".html")).get_template(name)


@cache
def _environment(*, escaped: bool) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(MAILS),
        autoescape=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"wrapped": wrapped, "line": header_line}
    return made
