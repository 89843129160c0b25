"""The settings as a table: all of them with their own help texts, or as they are here and now."""

import json
import re

from pydantic import SecretStr
from pydantic_core import PydanticUndefined, to_jsonable_python

from app.config.setting_names import PREFIX, origin
from app.config.settings import Settings

_PASSWORD = re.compile(r"(://[^/@:]*:)[^/@]*(?=@)|([?&]password=)[^&]*")
"""Of a URL."""


def settings_markdown() -> str:
    """A row a setting: environment variable, default, meaning."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = "" if default in (None, PydanticUndefined, []) else f"`{default}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)


def with_settings(text: str) -> str:
    """`text` (Markdown) with its table of settings brought up to date; raises ValueError where it has none."""
    table = settings_markdown()
    lines = text.split("\n")
    heading = table.split("\n")[0]
    if heading not in lines:
        raise ValueError(f"there is no table that begins {heading}")
    start = lines.index(heading)
    end = next((place for place in range(start, len(lines)) if not lines[place].startswith("|")), len(lines))
    return "\n".join([*lines[:start], table, *lines[end:]])


def current_settings(settings: Settings) -> list[tuple[str, str, str]]:
    """By variable: the value as it would be written, and where it comes from. Secrets are not shown."""
    return [
        (PREFIX + name.upper(), shown_value(getattr(settings, name)), origin(name))
        for name in type(settings).model_fields
    ]


def shown_value(value: object) -> str:
    """As it would be written into a variable."""
    if value in (None, PydanticUndefined):
        return ""
    if isinstance(value, SecretStr):
        return "(secret)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return json.dumps(to_jsonable_python(value))
    return _PASSWORD.sub(r"\1\2(secret)", str(value))
