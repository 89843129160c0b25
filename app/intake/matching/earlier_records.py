"""The records of an import that come before, which the catalogue does not know yet: is a record the same, or like one?

A preview and the import itself decide by the same words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.intake.matching.duplicates import MAX_DUPLICATES, PREFIX, MatchKey, compare, match_key
from app.intake.matching.proposals import Proposal


@dataclass(frozen=True, slots=True)
class _Generation:
    """What records are known by: their numbers by identifier, and their titles in each of three ways."""

    keys: dict[tuple[str, str], int] = field(default_factory=dict)
    titles: dict[object, list[tuple[int, MatchKey]]] = field(default_factory=dict)


class EarlierRecords:
    """What will have been created, its `slugs`, and what it is known by. The latest few are compared, in each of three
    ways."""

    def __init__(self) -> None:
        self.slugs: set[str] = set()
        self._old, self._new = _Generation(), _Generation()

    def forget(self, recent: int) -> None:
        """Of records that the catalogue has by now, all but the latest: between `recent` and twice as many are kept."""
        if len(self.slugs) >= recent:
            self.slugs, self._old, self._new = set(), self._new, _Generation()

    def decide(self, proposals: Sequence[Proposal], *, similar: bool) -> list[str | None]:
        """For each, in their order, why it is not created; those that are, are earlier ones from now on. `similar` ones
        are created too."""
        return [self._decided(proposal, similar) for proposal in proposals]

    def _decided(self, proposal: Proposal, similar: bool) -> str | None:
        there = (each.why for each in proposal.duplicates if each.certain or not similar)
        reason = self._in_the_way(proposal, similar) or next(there, None)
        if reason is None:
            self._add(proposal)
        return reason

    def _in_the_way(self, proposal: Proposal, similar: bool) -> str | None:
        for key in proposal.keys:
            number = self._old.keys.get(key) or self._new.keys.get(key)
            if key[0] != "url" and number is not None:
                return f"Record {number} of this import has the same {key[0].upper()}."
        own = match_key(proposal)
        for number, other in () if similar else self._near(own):
            if (why := compare(own, other)) is not None:
                return f"Record {number} of this import resembles it. {why}"
        return None

    def _near(self, own: MatchKey) -> list[tuple[int, MatchKey]]:
        years = (own.year - 1, own.year, own.year + 1) if own.year and own.author else ()
        places = (own.key, own.key[:PREFIX], *((own.author, year) for year in years))
        return [
            each
            for position in dict.fromkeys(places)
            for known in (self._old, self._new)
            for each in known.titles.get(position, ())
        ]

    def _add(self, proposal: Proposal) -> None:
        own = match_key(proposal)
        self.slugs.add(proposal.data["slug"])
        for key in proposal.keys:
            self._new.keys.setdefault(key, proposal.number)
        for position in dict.fromkeys((own.key, own.key[:PREFIX], (own.author, own.year))):
            near = self._new.titles.setdefault(position, [])
            near.append((proposal.number, own))
            del near[:-MAX_DUPLICATES]
