"""What stored orders hold."""

from collections.abc import Mapping
from typing import Any

from app.search.storage.ordering import Ordering


def ids(orders: Mapping[Any, Ordering]) -> dict[Any, list[int]]:
    """By the name of the order."""
    return {name: [ident for block in order.blocks for ident in block.ids] for name, order in orders.items()}
