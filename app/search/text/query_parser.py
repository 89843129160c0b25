"""What people type into a search box, understood: every text means something, and none is an error."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple
from unicodedata import normalize

import tantivy
from tantivy import Filter, Tokenizer

from app.search.text.analyzer import Analyzer
from app.search.text.english_words import is_english
from app.search.text.languages import stems_in

APOSTROPHES = re.compile("(?<=\\w)['\u2018\u2019\u02bc](?=\\w)")
HYPHENATED = re.compile("(?<!\\w)\\w++(?:[-\u2010\u2011]\\w++)++")
DOTTED = re.compile(r"(?:\w\.)+\w\.?")
ACRONYMS = re.compile("([A-Z][A-Za-z]*[A-Z])['\u2019]?s")
"""An acronym in the plural or possessive."""
LISTED = re.compile(r"[(\[]?[^\W\d_]+(?:[/,;|][^\W\d_]+)+[)\]?!.,;:]*")
"""Words with nothing but a sign between them, as `CSE/CCE`; a DOI and an address have other signs."""
COMPOUND = re.compile(r"([A-Z][A-Za-z]*[A-Z])-([^\W\d_]{3,})")
"""An acronym and what it is joined to, as `ESRC-funded`."""
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
MARKS = re.compile("[\u0300-\u0305\u0307-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
UNSPACED = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]"
)
"""Characters of scripts that are written without spaces between words."""
PIECE = re.compile(r'(-?)"([^"]*)"?|(\S+)')
YEAR = re.compile("[12][0-9]{3}")
EXPANDED = 0.4
"""Weight of a full name that was not typed itself."""

PUNCTUATION = "?!.,;:"
"""What may stand around a word."""

LONGEST_ACRONYM = 6
LONGEST_IN_SMALL_LETTERS = 4
"""Letters of it."""

AROUND = f"{PUNCTUATION}()[]#*"
"""What may stand around a name."""

MAX_NAME_LENGTH = 6
"""Words in the longest alternative label that is looked for in a text."""

MAX_TOKENS = 32
"""Words of a phrase, or parts of one word, that are matched; later ones are ignored."""

MAX_ALTERNATIVES = 32
"""Runs of which any will do; more are not looked at."""

AND = "AND"
"""What stands between words anyhow; who writes it wants nothing with fewer of them after what has all."""

OPERATORS = frozenset((AND, "OR", "NOT"))
"""In capitals."""

STOP_WORDS = frozenset(
    """
    a about actually after al also am an and any anybody anyone anything are as at be been before being between both
    but by came can come comes concerning could did do does doing done dr during each either else et etc ever every
    everything few find finding for from get gets give given gives go goes going gone got had happen happened
    happens has have having he her here hers him himself his how i if in info information into is it its itself just
    know let lets like look looking looks lot lots many may maybe me might mine more most mr mrs ms much must my no
    not of on only or other others our over per perhaps please prof professor quite really regarding relating said
    same say saying says see several shall she should show showing shows so some somebody someone something still
    stuff such take taken takes tell than that the their them then there these they thing things this those to too
    took under until upon us very via want wanted wants was we were what when where whether which while who whose
    why will with within without would you your yourself
    """.split()  # noqa: SIM905
)


class FullName(NamedTuple):
    """A full name that a text may stand for, and its weight."""

    text: str
    weight: float = EXPANDED

    @property
    def run(self) -> "WordRun":
        return WordRun(self.text, phrase=True, weight=self.weight)


FullNames = Callable[[str], Iterable[FullName]]
"""The full names that a text stands for, as an acronym does."""


def plain(text: str) -> str:
    """Apostrophes inside words and invisible characters are removed, so that childrens finds children's; optional
    diacritics are removed, and scripts without spaces are split into characters."""
    if text.isascii():
        return APOSTROPHES.sub("", text) if "'" in text else text
    return UNSPACED.sub(r" \g<0> ", without_marks(composed(text)))


def composed(text: str) -> str:
    """Without apostrophes and invisible characters."""
    return APOSTROPHES.sub("", INVISIBLE.sub("", normalize("NFC", text)))


def is_acronym(text: str) -> bool:
    """Whether a word may be one: a short one with two capitals, or a very short one that is no English word."""
    word = text.strip(AROUND)
    if sum(map(str.isupper, word)) > 1:
        return len(word) <= LONGEST_ACRONYM
    return len(word) <= LONGEST_IN_SMALL_LETTERS and not is_english(word.lower())


def without_marks(text: str) -> str:
    """Accents, and the vowels of scripts that are mostly written without them. The breve stays, which makes another
    letter in Cyrillic."""
    return normalize("NFC", MARKS.sub("", normalize("NFD", text)))


def joined(text: str) -> list[str]:
    """Hyphenated words written as one, so that coproduction finds co-production."""
    if "-" not in text and text.isascii():
        return []
    return [re.sub("[-\u2010\u2011]", "", each) for each in HYPHENATED.findall(text)]


def make_analyzer(*, stem: bool) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(Tokenizer.simple())
    builder = builder.filter(Filter.remove_long(60)).filter(Filter.lowercase()).filter(Filter.ascii_fold())
    return (builder.filter(Filter.stemmer("english")) if stem else builder).build()


STEMS = Analyzer(partial(make_analyzer, stem=True))
SURFACE = Analyzer(partial(make_analyzer, stem=False))
SPLIT = tantivy.TextAnalyzerBuilder(Tokenizer.whitespace()).build()
"""For what is analysed already."""


def stems(text: str) -> frozenset[str]:
    """The stems of a text's words, hyphens taken for spaces; small words only where there is nothing else."""
    words = SURFACE.analyze(plain(text))
    kept = [word for word in words if word not in STOP_WORDS]
    return frozenset(stem for word in kept or words for stem in STEMS.analyze(word))


@dataclass(frozen=True)
class WordRun:
    """Words that belong together; in a phrase they must stand side by side. `weight` multiplies the score. With
    `language` they are matched by their stems in it."""

    text: str
    phrase: bool = False
    weight: float = 1.0
    language: str | None = None

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        if self.language is not None:
            return tuple(stems_in(self.language, composed(self.text))[:MAX_TOKENS])
        return tuple(STEMS.analyze(plain(self.text))[:MAX_TOKENS])


@dataclass(frozen=True)
class Clause:
    """Any of its runs will do; a negative clause must not match."""

    runs: tuple[WordRun, ...]
    negative: bool = False

    @property
    def stem(self) -> str | None:
        """The only stem of the clause; None where there are several."""
        tokens = self.runs[0].tokens if len(self.runs) == 1 else ()
        return tokens[0] if len(tokens) == 1 else None

    @cached_property
    def is_bare_word(self) -> bool:
        """Whether it is a word as typed, in all its spellings, and nothing else."""
        return not self.negative and not self.runs[0].phrase and self.runs == spellings(self.runs[0])

    @property
    def is_name(self) -> bool:
        """Whether several words, or an acronym, were typed that are the name of something."""
        typed = self.runs[0]
        if typed.phrase or len(self.runs) <= len(spellings(typed)):
            return False
        return " " in typed.text.strip() or (any(run.weight < 1 for run in self.runs) and is_acronym(typed.text))

    @property
    def is_letter(self) -> bool:
        """Whether a letter was typed alone, as an initial."""
        return self.is_bare_word and len(self.runs[0].text.strip(PUNCTUATION)) == 1

    @property
    def is_year(self) -> bool:
        tokens = self.runs[0].tokens if self.is_bare_word else ()
        return len(tokens) == 1 and YEAR.fullmatch(tokens[0]) is not None


def parse_text(text: str) -> tuple[Clause, ...]:
    """Read `all words "a phrase" one OR another -word`, `AND` and `NOT` in capitals, too; small words count only where
    there is nothing else."""
    clauses: list[Clause] = []
    joining = excluding = False
    for sign, phrase, word in pieces(text):
        if word in OPERATORS and (clauses or word == "NOT"):
            joining, excluding = word == "OR", word == "NOT"
            continue
        negative = excluding or sign == "-" or (word.startswith("-") and len(word) > 1)
        excluding = False
        run = WordRun(word.removeprefix("-") if negative else word) if word else WordRun(phrase, phrase=True)
        if not run.tokens:
            continue
        if joining and not negative and not clauses[-1].negative:
            runs = clauses[-1].runs
            clauses[-1] = Clause((*runs, *spellings(run)) if len(runs) < MAX_ALTERNATIVES else runs)
        else:
            clauses.append(Clause(spellings(run), negative))
        joining = False
    return _without_stop_words(clauses)


def pieces(text: str) -> Iterator[tuple[str, str, str]]:
    """The sign, and the phrase or the word. Words listed without spaces are one each, small words among them aside
    (`either/or`), and so is what an acronym is joined to; not where operators say what belongs together."""
    found = PIECE.findall(text)
    if not OPERATORS.isdisjoint(word for _, _, word in found):
        yield from found
        return
    for sign, phrase, word in found:
        compound = COMPOUND.fullmatch(word)
        parts = re.split("[/,;|]", word) if LISTED.fullmatch(word) else compound.groups() if compound else ()
        if any(part.lower() in STOP_WORDS for part in parts):
            parts = ()
        yield from ((sign, phrase, part) for part in parts or (word,))


def spellings(run: WordRun) -> tuple[WordRun, ...]:
    """A hyphenated word may have been written as one, an acronym without its dots; of several (`LSCPs`) it is the
    one."""
    if not run.phrase and (several := ACRONYMS.fullmatch(run.text.strip(AROUND))):
        return run, WordRun(several[1])
    text = plain(run.text)
    if run.phrase or not (HYPHENATED.fullmatch(text) or DOTTED.fullmatch(text)):
        return (run,)
    return run, WordRun(re.sub("[-\u2010\u2011.]", "", text))


def _without_stop_words(clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    def matters(clause: Clause) -> bool:
        return not clause.is_bare_word or clause.runs[0].text.strip(PUNCTUATION).lower() not in STOP_WORDS

    kept = tuple(clause for clause in clauses if matters(clause))
    return kept if any(not clause.negative for clause in kept) else tuple(clauses)


def unsearched(text: str, clauses: Iterable[Clause]) -> tuple[str, ...]:
    """The words of a text, operators aside, of which no clause has a part: small ones, and those beyond the limits."""
    searched = {token for clause in clauses for run in clause.runs for token in run.tokens}
    words = (piece.strip(PUNCTUATION) for _, phrase, word in PIECE.findall(text) for piece in (phrase or word).split())
    known = ((word, STEMS.analyze(plain(word))) for word in dict.fromkeys(words) if word not in OPERATORS)
    return tuple(word for word, tokens in known if tokens and searched.isdisjoint(tokens))


def match_whole_name(text: str, names: FullNames) -> tuple[Clause, ...]:
    """The one clause of a text that as a whole is another name of something, small words included; else none."""
    runs = spellings(WordRun(" ".join(text.split()).strip("?!.")))
    full = tuple(name.run for run in runs for name in names(run.text))
    return (Clause((*runs, *full)),) if full else ()


def expand_synonyms(clauses: Sequence[Clause], names: FullNames) -> tuple[Clause, ...]:
    """Bare words that are another name of something (an acronym) may also be its full name.

    `names` gives the full names that a folded text stands for.
    """
    result: list[Clause] = []
    place = 0
    while place < len(clauses):
        size, clause = _named(clauses[place : place + MAX_NAME_LENGTH], names)
        result.append(clause)
        place += size
    return tuple(result)


def _named(window: Sequence[Clause], names: FullNames) -> tuple[int, Clause]:
    """The longest run of bare words at the window's start that is another name, as one clause."""
    bare = next((place for place, clause in enumerate(window) if not clause.is_bare_word), len(window))
    for size in range(bare, 0, -1):
        runs = runs_of(window[:size])
        full = tuple(name.run for run in runs for name in names(run.text))
        if full:
            return size, Clause((*runs, *full))
    return 1, window[0]


def runs_of(clauses: Sequence[Clause]) -> tuple[WordRun, ...]:
    """Bare words as one clause: of one all its spellings."""
    return clauses[0].runs if len(clauses) == 1 else (WordRun(" ".join(each.runs[0].text for each in clauses)),)
