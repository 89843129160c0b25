"""Names of a program as a reader has them."""

import re

_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def label_of(name: str) -> str:
    """`landing_page` is Landing page, `IsPartOf` is Is part of."""
    return _INNER_CAPITAL.sub(" ", name).replace("_", " ").lower().capitalize()
