"""robots.txt (RFC 9309), as far as a robot that visits single addresses needs it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_LENGTH: Final = 500 * 1024
"""Bytes of a robots.txt that are read (section 2.5)."""
MAX_DELAY: Final = 60.0
"""Seconds; a longer delay is cut to this."""


@dataclass(frozen=True, slots=True)
class Rule:
    allows: bool
    path: str

    def matches(self, path: str) -> bool:
        """`*` stands for anything, `$` for the end (section 2.2.3). In time that grows with the lengths only."""
        anchored = self.path.endswith("$")
        first, *others = self.path.removesuffix("$").split("*")
        if not path.startswith(first):
            return False
        place = len(first)
        for part in others:
            found = path.find(part, place)
            if found < 0:
                return False
            place = found + len(part)
        last = others[-1] if others else ""
        return not anchored or place == len(path) or (bool(others) and path.endswith(last))


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one server for us. `delay` is its Crawl-delay in seconds (no standard)."""

    rules: tuple[Rule, ...] = ()
    delay: float = 0.0

    def allow(self, path: str) -> bool:
        """The longest rule that matches decides, of equal ones that which allows; `path` includes the query."""
        if path == "/robots.txt":
            return True
        matching = [rule for rule in self.rules if rule.matches(path)]
        return max(matching, key=lambda rule: (len(rule.path), rule.allows), default=Rule(True, "")).allows


EVERYTHING: Final = Robots()


def parse(text: str, product: str) -> Robots:
    """The groups for `product` (a product token, in any case) together, or else those for everybody."""
    groups = list(_groups(text))
    own = [lines for agents, lines in groups if product.lower() in agents]
    chosen = own or [lines for agents, lines in groups if "*" in agents]
    return _robots([line for lines in chosen for line in lines])


def _robots(lines: list[tuple[str, str]]) -> Robots:
    rules = [Rule(name == "allow", value) for name, value in lines if name in ("allow", "disallow") and value]
    delays = [float(value) for name, value in lines if name == "crawl-delay" and re.fullmatch(r"\d+(\.\d+)?", value)]
    return Robots(tuple(rules), min(max(delays, default=0.0), MAX_DELAY))


def _groups(text: str) -> Iterator[tuple[set[str], list[tuple[str, str]]]]:
    """Agents in lower case, and the lines that follow them."""
    agents: set[str] = set()
    lines: list[tuple[str, str]] = []
    for name, value in _lines(text):
        if name == "user-agent":
            if lines:
                yield agents, lines
                agents, lines = set(), []
            agents.add(re.split(r"[/\s]", value.lower())[0])
        elif agents:
            lines.append((name, value))
    if agents:
        yield agents, lines


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()
