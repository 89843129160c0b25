"""Limits on concurrent work: per reader and in total, with slots reserved for clients that identify themselves."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from app.http.readers import Pool, Reader
from app.kit.errors import TooManyRequests, Unavailable
from app.kit.rate_limiter import ConcurrencyQuota

RETRY_AFTER: Final = 10
SHARES: Final = {Pool.anonymous: 3 / 4, Pool.polite: 1, Pool.partner: 1}
"""How many of all slots may be in use when a client of a pool takes another: a quarter is reserved for clients that
identify themselves."""


class ConcurrencyLimiter:
    """`what` is a plural noun. A reader has as many slots as `per_client` gives its pool; `total` is the number of
    all."""

    def __init__(self, name: str, what: str, total: int, per_client: Mapping[Pool, int]) -> None:
        self._name = name
        self._what = what
        self._total = total
        self._per_client = per_client
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        return self._taken.total()

    @contextmanager
    def place(self, reader: Reader) -> Iterator[ConcurrencyQuota]:
        """Hold a slot; yields how many the reader has left. Raises TooManyRequests and Unavailable."""
        most = self._per_client[reader.pool]
        quota = ConcurrencyQuota(self._name, most, most - self._taken[reader.client] - 1)
        if quota.remaining < 0:
            detail = f"You have as many {self._what} in progress as you may have at a time: {most}."
            raise TooManyRequests(detail, retry_after=RETRY_AFTER, quotas=[ConcurrencyQuota(self._name, most, 0)])
        if self.taken >= max(1, int(self._total * SHARES[reader.pool])):
            raise Unavailable(f"The maximum number of {self._what} is in progress.", retry_after=RETRY_AFTER)
        self._taken[reader.client] += 1
        try:
            yield quota
        finally:
            self._taken[reader.client] -= 1
            if not self._taken[reader.client]:
                del self._taken[reader.client]
