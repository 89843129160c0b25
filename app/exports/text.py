"""Plain text on its way into formats that are made of lines."""

_CONTROL = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")


def one_line(text: str) -> str:
    """`text` with every run of spaces, line breaks and control characters as one space, none at the ends."""
    return " ".join(text.translate(_CONTROL).split())
