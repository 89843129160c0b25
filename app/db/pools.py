"""The connections of an engine: how many there are, and how many are in use."""

from dataclasses import dataclass

from sqlalchemy import Engine, QueuePool


@dataclass(frozen=True, slots=True)
class PoolUsage:
    """Connections: in use, open and free, how many are kept open, and how many there are beyond those."""

    used: int
    idle: int
    size: int
    overflow: int


def pool_usage(engine: Engine) -> PoolUsage:
    """Needs no connection. Raises TypeError where the engine keeps none."""
    pool = engine.pool  # another one after `dispose`
    if not isinstance(pool, QueuePool):
        raise TypeError(f"{type(pool).__name__} counts no connections")
    return PoolUsage(pool.checkedout(), pool.checkedin(), pool.size(), max(0, pool.overflow()))
