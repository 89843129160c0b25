"""Names of hosts as they are compared: in settings, in requests and in URLs."""

import idna


def to_ascii(name: str) -> str:
    """In lower case; an internationalised name by its A-labels (IDNA 2008, RFC 5891). Raises ValueError where there are
    none."""
    return name.lower() if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
