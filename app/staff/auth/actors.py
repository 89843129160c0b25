"""Who does something: the name that revisions record, and what that name may do."""

from dataclasses import dataclass
from typing import Final

from app.kit.errors import Forbidden
from app.staff.scopes import SCOPES

RESERVED: Final = frozenset({"cli", "seeder", "rebuild", "worker", "import"})
"""Names that parts of the service act under: no key may bear one."""


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is what revisions record; `key` is the public id of the key, or None for work without one."""

    name: str
    key: str | None = None
    scopes: frozenset[str] = frozenset()

    def demand(self, scope: str) -> None:
        """Raises Forbidden without `scope`: for what an operation needs beyond the scope that it declares."""
        if scope not in self.scopes:
            raise Forbidden(
                f"This requires a key with `{scope}`: {SCOPES[scope]} Whoever may manage keys can make you one.",
                scope=scope,
            )


CLI: Final = Actor("cli", scopes=frozenset(SCOPES))
