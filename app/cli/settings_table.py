"""The settings as a Markdown table, from their own help texts."""

from pydantic_core import PydanticUndefined

from app.config.settings import Settings


def settings_markdown() -> str:
    """A row a setting: environment variable, default, meaning."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    prefix = Settings.model_config.get("env_prefix", "")
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = "" if default in (None, PydanticUndefined, []) else f"`{default}`"
        rows.append(f"| `{prefix}{name.upper()}` | {shown} | {field.description} |")
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
