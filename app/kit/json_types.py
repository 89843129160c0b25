"""The types of decoded JSON."""

from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]
"""An object of JSON: its members hold JSON in turn, of a shape that who reads it knows."""

JsonMapping = Mapping[str, Any]
"""An object of JSON that is read only."""
