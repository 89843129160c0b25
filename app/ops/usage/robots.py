"""Who is a robot: by the list of COUNTER (github.com/atmire/COUNTER-Robots, commit 87325c9bd16f, MIT licence), which is
`robots.txt` beside this module, a pattern a line."""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

LIST: Final = Path(__file__).with_name("robots.txt")
MAX_LENGTH: Final = 300
"""Bytes of `User-Agent` that are looked at: what clients of people send is shorter."""
NEW_A_SECOND: Final = 50
"""Names not seen before that are looked at; who has more of them is no reader."""
_ESCAPED: Final = re.compile(r"\\([^\w\s])")
_PLAIN: Final = re.compile(r"[\w\s/;:,@%&=\"'!<>~#`-]+")


class RobotDetector:
    """Not for many threads at once."""

    def __init__(self) -> None:
        self._second = 0
        self._looked_at = 0
        self._known = lru_cache(maxsize=4096)(self._look_at)

    def is_robot(self, user_agent: bytes | None, moment: float) -> bool:
        """Whoever gives no name is one. `moment` in seconds."""
        second = int(moment)
        if second != self._second:
            self._second, self._looked_at = second, 0
        return not user_agent or self._known(user_agent[:MAX_LENGTH])

    def _look_at(self, user_agent: bytes) -> bool:
        self._looked_at += 1
        return self._looked_at > NEW_A_SECOND or is_listed(user_agent.decode("latin-1"))


def is_listed(user_agent: str) -> bool:
    """Most patterns are plain words, which are found faster as that."""
    words, pattern = _patterns()
    lowered = user_agent.lower()
    return any(word in lowered for word in words) or pattern.search(user_agent) is not None


@cache
def _patterns() -> tuple[tuple[str, ...], re.Pattern[str]]:
    words, others = [], []
    for each in LIST.read_text(encoding="utf-8").splitlines():
        plain = _ESCAPED.sub(r"\1", each)
        is_plain = _PLAIN.fullmatch(_ESCAPED.sub("", each)) is not None
        if is_plain:
            words.append(plain.lower())
        else:
            others.append(each)
    return tuple(words), re.compile("|".join(f"(?:{each})" for each in others), re.IGNORECASE)
