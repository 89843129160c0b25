"""From templates to the subject, the text and the HTML of a mail."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Final

from app.pages.environment import has_template, header_line, render_template

FALLBACK: Final = "en"
OWN_LINK: Final = f"https://own-link.invalid/{token_hex(16)}"
"""A placeholder for each recipient's own link; it cannot occur in a title."""


@dataclass(frozen=True, slots=True)
class Message:
    """The content of a mail. `subscriptions` are those that it is sent for: bulk mail has some, transactional mail
    has none."""

    subject: str
    text: str
    html: str
    language: str = FALLBACK
    subscriptions: tuple[int, ...] = ()


def render(name: str, language: str, values: Mapping[str, object], subscriptions: tuple[int, ...] = ()) -> Message:
    """`name` is that of three templates: `.subject`, `.txt` and `.html`. In English where the language has none."""
    written_in = language if has_template(f"mails/{language}/{name}.txt") else FALLBACK
    subject, text, html = (
        render_template(f"mails/{written_in}/{name}.{ending}", **values) for ending in ("subject", "txt", "html")
    )
    return Message(header_line(subject), _tidy(text), html, written_in, subscriptions)


def _tidy(text: str) -> str:
    """No space at the end of a line, no more than one empty line in a row."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"
