"""The guides for readers, developers and staff: files of the project in Markdown, shown as pages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from app.kit.system.project_files import project_folder
from app.kit.text.slugs import slugify

FOLDER: Final = "docs"
GUIDES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "examples": "guide.md",
        "querying": "querying.md",
        "errors": "errors.md",
        "formats": "formats.md",
        "embedding": "embedding.md",
        "harvesting": "harvesting.md",
        "webhooks": "webhooks.md",
        "search": "search.md",
        "staff": "staff-guide.md",
    }
)
"""Files by the last part of the page's address: what is for readers, developers and staff. How the service is run and
built is no business of its visitors."""
PICTURES: Final = "staff-guide"
"""The folder of the pictures, as the guides name it."""
EXAMPLE_BASE: Final = "http://127.0.0.1:8000"
"""The base URL in examples: readers see that of the service."""
_PAGES: Final = {file: name for name, file in GUIDES.items()}


@dataclass(frozen=True, slots=True)
class Guide:
    """`about` is its first paragraph, as text."""

    name: str
    title: str
    about: str
    html: Markup


class _GuideRenderer(RendererHTML):
    """Tables can be moved by keyboard where they are wider than the screen; pictures wait until they are seen."""

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="scrolls" tabindex="0" role="region" aria-label="Table"><table>'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        tokens[idx].attrSet("loading", "lazy")
        return super().image(tokens, idx, options, env)


_PARSER: Final = MarkdownIt("commonmark", {"html": False}, renderer_cls=_GuideRenderer).enable("table")


def load_guides(base: str) -> list[Guide]:
    """Those that are installed, in their order."""
    found = (load_guide(name, base) for name in GUIDES)
    return [guide for guide in found if guide is not None]


@cache
def load_guide(name: str, base: str) -> Guide | None:
    """None for a name that no guide has, and where it is not installed."""
    path = project_folder(FOLDER) / GUIDES.get(name, "")
    if not path.is_file():
        return None
    tokens = _PARSER.parse(path.read_text("utf-8").replace(EXAMPLE_BASE, base))
    heading, paragraphs = tokens[1].content, [each.content for each in tokens if each.type == "inline"]
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", slugify(content.content))
        for child in token.children or ():
            _adapt_link(child)
    html = _PARSER.renderer.render(tokens[3:], _PARSER.options, {})
    about = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", paragraphs[1])
    return Guide(name, heading, about, Markup(html))


def _adapt_link(token: Token) -> None:
    """To the page of another guide; what has no page here is named, and not linked."""
    if token.type != "link_open":
        return
    href = str(token.attrs["href"])
    file, _, section = href.partition("#")
    if file in _PAGES:
        token.attrSet("href", f"/guide/{_PAGES[file]}{'#' if section else ''}{section}")
    elif not href.startswith(("http://", "https://", "#")):
        token.attrs.pop("href")


def picture_path(folder: str, name: str) -> Path | None:
    """The file of a picture that a guide shows; None for any other name."""
    known = {path.name: path for path in (project_folder(FOLDER) / PICTURES).glob("*.png")}
    return known.get(name) if folder == PICTURES else None
