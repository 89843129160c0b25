"""What a value of each type looks like, as JSON Schema."""

from typing import Final

from app.kit.json_types import JsonObject

DAY_FORM = "[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"
PARTIAL_DATE: Final = "EDTF level 0: a year, a month or a day, for example `2022`, `2022-09` or `2022-09-29`."
FORMS: dict[str, JsonObject] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "minimum": 1 - 10**17, "maximum": 10**18 - 1},
    "year": {"type": "string", "pattern": f"^{DAY_FORM}$", "description": PARTIAL_DATE},
    "date": {"type": "string", "pattern": f"^{DAY_FORM}$", "description": PARTIAL_DATE},
    "period": {
        "type": "string",
        "pattern": f"^{DAY_FORM}(/{DAY_FORM})?$",
        "description": "A year, a month or a day, or from one to another, for example `2021-05/2022`.",
    },
    "instant": {
        "type": "string",
        "description": "A year, month or day, or a time in UTC such as `2026-01-31T12:00:00Z`.",
        "pattern": f"^({DAY_FORM}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)$",
    },
    "duration": {
        "type": "string",
        "description": "ISO 8601 duration of hours, minutes and seconds, for example `PT45M`.",
        "pattern": "^PT([0-9]{1,6}H([0-9]{1,6}M)?([0-9]{1,6}S)?|[0-9]{1,6}M([0-9]{1,6}S)?|[0-9]{1,6}S)$",
    },
}
"""What a value of each type looks like; any other type is text."""
TEXT: Final[JsonObject] = {"type": "string", "minLength": 1}
FORM_NAMES: Final = {
    "year": "PartialDate",
    "date": "PartialDate",
    "period": "Period",
    "instant": "PartialInstant",
    "duration": "Duration",
}
"""Those that are schemas of their own."""
