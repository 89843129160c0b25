"""LaTeX as it stands in bibliographies, read as Unicode: accents, symbols, dashes, quotation marks, braces."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from pylatexenc.latex2text import get_default_latex_context_db

_TOKEN = re.compile(r"\\[A-Za-z]+\*?[ \t\n]*|\\[^A-Za-z]|---|--|``|''|[{}$~`]|[^\\{}$~`'-]+|.", re.DOTALL)

ACCENTS: Final[Mapping[str, str]] = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331", "t": "\u0361", "textcommabelow": "\u0326",
}  # fmt: skip
_UNLISTED: Final[Mapping[str, str]] = {
    "SS": "SS", "textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^", "textquotedbl": '"',
    "textunderscore": "_", "textbar": "|", "textless": "<", "textgreater": ">", "degree": "°", "copyright": "©",
    "pounds": "£", "euro": "€", "EUR": "€", "S": "§", "P": "¶", "ddag": "‡", "textperiodcentered": "·", "epsilon": "ε",
    "newline": " ", "par": "\n\n", "quad": " ", "qquad": " ", "slash": "/", "TeX": "TeX", "LaTeX": "LaTeX",
    "BibTeX": "BibTeX",
}  # fmt: skip
"""What pylatexenc does not list, or reads as another character than is meant in bibliographies."""
_LISTED: Final[Mapping[str, str]] = {
    spec.macroname: spec.simplify_repl
    for spec in get_default_latex_context_db().iter_macro_specs(["latex-base", "advanced-symbols"])
    if isinstance(spec.simplify_repl, str) and len(spec.simplify_repl) == 1
}
SYMBOLS: Final[Mapping[str, str]] = {**_LISTED, **_UNLISTED}
"""Commands that stand for one character, and a few that stand for a word."""
DROPPED: Final = frozenset({
    "emph", "textit", "textbf", "textsc", "texttt", "textrm", "textsf", "textup", "textnormal", "textsl", "mathrm",
    "mathbf", "mathit", "mathsf", "text", "mbox", "url", "path", "nolinkurl", "textsuperscript", "textsubscript",
    "uppercase", "lowercase", "MakeUppercase", "MakeLowercase", "ensuremath", "em", "it", "bf", "sc", "rm", "tt",
    "sl", "sf", "itshape", "bfseries", "scshape", "upshape", "relax", "protect", "noopsort", "enquote",
    "mkbibemph", "mkbibbold", "mkbibquote", "autocap", "hspace", "vphantom", "allowbreak", "ignorespaces",
})  # fmt: skip
"""They change how text looks, not what it says."""

DEEPEST: Final = 8
"""Accents on accents; more of them are no letter."""
_LIGATURES: Final[Mapping[str, str]] = {"---": "—", "--": "–", "``": "“", "''": "”", "`": "‘", "~": "\u00a0"}
_ESCAPED: Final = frozenset("&%$#_{}/@ ,;:!-|<>\\")


def decode_latex(text: str, unknown: Callable[[str], None] | None = None) -> str:
    """The text in Unicode, without braces. A command that is not known stays as it is, and `unknown` hears of it."""
    if not any(char in text for char in "\\{}$~`'-"):
        return text
    return unicodedata.normalize("NFC", _Reader(text, unknown).read()).replace("\u00a0", " ")


class _Reader:
    def __init__(self, text: str, unknown: Callable[[str], None] | None) -> None:
        self._tokens = _TOKEN.findall(text)
        self._place = 0
        self._depth = 0
        self._unknown = unknown

    def read(self) -> str:
        parts = []
        while self._place < len(self._tokens):
            parts.append(self._next())
        return "".join(parts)

    def _next(self) -> str:
        token: str = self._tokens[self._place]
        self._place += 1
        if token in ("{", "}", "$"):
            return ""
        if token.startswith("\\"):
            return self._command(token[1:].rstrip(" \t\n"), token)
        return _LIGATURES.get(token, token)

    def _command(self, name: str, token: str) -> str:
        if name in ACCENTS and self._place < len(self._tokens) and self._depth < DEEPEST:
            self._depth += 1
            accented = self._accented(ACCENTS[name])
            self._depth -= 1
            return accented
        if name in _ESCAPED or name == "":
            return {"/": "", ",": " ", ";": " ", ":": " ", "!": "", "-": "", "\\": " ", "": " "}.get(name, name)
        if name in SYMBOLS:
            return SYMBOLS[name]
        if name.rstrip("*") in DROPPED:
            return ""
        if self._unknown is not None:
            self._unknown(name)
        return token

    def _accented(self, mark: str) -> str:
        """The mark goes on the first letter of what follows: a letter, a command or a group."""
        base = self._group() if self._tokens[self._place] == "{" else self._letter()
        base = base.replace("ı", "i", 1).replace("ȷ", "j", 1) if base[:1] in ("ı", "ȷ") else base
        return base[:1] + mark + base[1:] if base else ""

    def _letter(self) -> str:
        token = self._tokens[self._place]
        if token.startswith("\\") or len(token) == 1:
            return self._next()
        text = token.lstrip()
        self._tokens[self._place] = text[1:]
        return str(text[:1])

    def _group(self) -> str:
        self._place += 1
        parts, depth = [], 1
        while self._place < len(self._tokens):
            token = self._tokens[self._place]
            depth += {"{": 1, "}": -1}.get(token, 0)
            if depth == 0:
                self._place += 1
                break
            parts.append(self._next())
        return "".join(parts)


_VERBATIM = re.compile(r"\\([_%&#$~{}])|\\url\s*|[{}]")


def unescape_verbatim(text: str) -> str:
    """A field that is read as it stands (an address, a number): only what editors escape by habit is undone."""
    return _VERBATIM.sub(lambda found: found[1] or "", text).strip()
