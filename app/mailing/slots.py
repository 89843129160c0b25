"""When digests are made: every day at one hour, every Monday, every first of a month, all in UTC."""

from datetime import datetime, timedelta

from app.mailing.tables import Frequency

PLANNED = (Frequency.daily, Frequency.weekly, Frequency.monthly)


def latest_slot(frequency: Frequency, now: datetime, hour: int) -> datetime:
    """The last planned moment that is not after `now`: after a long stop there is one digest, not one for each day."""
    slot = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if slot > now:
        slot -= timedelta(days=1)
    if frequency == Frequency.weekly:
        slot -= timedelta(days=slot.weekday())
    if frequency == Frequency.monthly:
        slot = slot.replace(day=1)
    return slot
