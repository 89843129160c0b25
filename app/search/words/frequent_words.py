"""Words that stand in very many documents: which ones is kept, for the engine takes milliseconds to list them."""

from collections.abc import Mapping

from pyroaring import BitMap

from app.search.words.engine import TEXT, Engine, Levels

FROM = 24_000
"""Documents with a word from which on it is kept."""

MAX_TOUCHED = 2_000
"""Changed documents up to which the stored lists are updated; for more they are rebuilt."""

FrequentWords = Mapping[str, Levels]
"""By stem."""


def may_have_frequent_words(documents: int) -> bool:
    """Whether an index of so many documents may have any: only then is it worth the time to look."""
    return documents >= FROM


def list_frequent_words(engine: Engine) -> FrequentWords:
    """Every stem that is frequent, with its documents."""
    stems = [stem for stem, most in engine.beginning(TEXT, "") if most >= FROM]
    return {stem: engine.levels(stem) for stem in sorted(stems)}


def update_frequent_words(before: FrequentWords, touched: BitMap, engine: Engine) -> FrequentWords:
    """What was kept, after a change of the `touched` documents."""
    if not touched:
        return before
    return {stem: _changed(levels, touched, engine.levels_among(stem, touched)) for stem, levels in before.items()}


def _changed(before: Levels, touched: BitMap, now: Levels) -> Levels:
    levels = {level: ids - touched for level, ids in before}
    for level, ids in now:
        levels[level] = levels.get(level, BitMap()) | ids
    return tuple((level, ids) for level, ids in sorted(levels.items()) if ids)
