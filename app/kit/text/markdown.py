"""Markdown (CommonMark) in a safe subset: checked when it is written, shown as HTML, searched as plain text.

The subset has paragraphs, sections (headings of the levels 2 to 4), lists, quotations, emphasis, code and links. It has
no HTML and no pictures.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from app.kit.text.slugs import slugify

LINK_SCHEMES: Final = frozenset({"http", "https", "mailto"})
SECTION_LEVELS: Final = ("h2", "h3", "h4")
"""The title of what the text belongs to is the first level."""

_TAGS: Final = frozenset(
    {*SECTION_LEVELS, "p", "br", "hr", "ul", "ol", "li", "blockquote", "em", "strong", "code", "pre", "a"}
)
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "ol": {"start"},
    **{level: {"id"} for level in SECTION_LEVELS},
}
_BLOCK_ENDS: Final = frozenset({"paragraph_close", "heading_close", "fence", "code_block", "hardbreak"})

_PARSER: Final = MarkdownIt("commonmark")
_PARSER.validateLink = lambda url: True  # type: ignore[method-assign]  # all are seen, so that what is wrong is said
for _rules in (_PARSER.core.ruler, _PARSER.block.ruler, _PARSER.inline.ruler, _PARSER.inline.ruler2):
    _rules.getRules()  # now: a thread that reads them while another one lists them would get some of them only


def markdown_problem(text: str) -> str | None:
    """What in `text` is outside the subset, with its line; None where nothing is."""
    return next((f"line {line}: {problem}" for line, problem in _problems(_PARSER.parse(text))), None)


def _problems(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    for token in tokens:
        line = token.map[0] + 1 if token.map else 1
        for each in (token, *(token.children or ())):
            if problem := _problem(each):
                yield line, problem


def _problem(token: Token) -> str | None:
    match token.type:
        case "html_block" | "html_inline":
            return "HTML is not allowed; use Markdown, or write &lt; for the character <"
        case "image":
            return "pictures are not allowed"
        case "heading_open" if token.tag not in SECTION_LEVELS:
            return "headings begin with ##, ### or ####"
        case "link_open" if not _is_link(str(token.attrs["href"])):
            return "links begin with https://, http:// or mailto:"
        case _:
            return None


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in LINK_SCHEMES and bool(parts.netloc or parts.scheme.lower() == "mailto")


def markdown_to_text(text: str) -> str:
    """Its words without markup, a line for each block; addresses of links are left out."""
    return "".join(_words(_PARSER.parse(text))).strip() if text else ""


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in _BLOCK_ENDS:
            yield token.content or "\n"
        elif token.type == "softbreak":
            yield " "
        elif token.children is not None:
            yield from _words(token.children)
        elif token.type in ("text", "text_special", "code_inline"):
            yield token.content


def markdown_to_html(text: str, prefix: str = "") -> str:
    """As HTML, in which nothing is left but the tags of the subset. Sections have ids to link to, unique in the text;
    `prefix` keeps those of several texts on one page apart."""
    tokens = _PARSER.parse(text)
    _name_sections(tokens, prefix)
    return nh3.clean(
        _RENDERER.render(tokens, _PARSER.options, {}),
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(LINK_SCHEMES),
        link_rel="nofollow noopener",
    )


def _name_sections(tokens: Sequence[Token], prefix: str) -> None:
    numbers: Counter[str] = Counter()
    for opening, content in pairwise(tokens):
        if opening.type == "heading_open":
            name = slugify("".join(_words([content])))
            while (numbered := f"{name}-{numbers[name] + 1}" if numbers[name] else name) in numbers:
                numbers[name] += 1
            numbers[numbered] = 1
            opening.attrSet("id", prefix + numbered)


class _Renderer(RendererHTML):
    """As CommonMark, but what the subset leaves out is text."""

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.text(tokens, idx, options, env)

    def html_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.text(tokens, idx, options, env)


_RENDERER: Final = _Renderer()
