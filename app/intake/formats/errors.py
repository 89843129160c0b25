"""Why a record cannot be read."""


class BrokenRecord(ValueError):
    """What is wrong with an entry, in words without a full stop."""
