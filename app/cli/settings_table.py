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


BEGIN, END = "<!-- settings: written by `make docs-settings` -->", "<!-- /settings -->"


def with_settings(text: str) -> str:
    """`text` with what stands between the two marks replaced by the table; raises ValueError without them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the marks {BEGIN} and {END} are needed")
    return f"{before}{BEGIN}\n{settings_markdown()}\n{END}{after}"
