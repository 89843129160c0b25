"""The model that compares texts by their meaning: its interface, and how it is loaded from its extra."""

from collections.abc import Mapping
from typing import Final, Protocol

from pyroaring import BitMap

from app.kit.system.extras import import_extra

MAX_COMPARED: Final = 2_000
"""Entries that are compared by meaning; where there are more, none is. Each takes its time after a change."""


class Passages(Protocol):
    """Those of one state of the index."""

    def nearest(self, text: str, within: BitMap, most: int) -> list[int]:
        """The ids of the passages that are near to a text in meaning, nearest first; none where none is near enough."""


class MeaningModel(Protocol):
    def compare(self, passages: Mapping[int, str]) -> Passages:
        """Texts by id, ready to be compared. What has been compared before takes no time."""


def compare_all(model: MeaningModel | None, passages: Mapping[int, str]) -> Passages | None:
    """All passages ready to be compared; None without a model, and where there are too many or none."""
    return model.compare(passages) if model is not None and 0 < len(passages) <= MAX_COMPARED else None


def load_meaning_model() -> MeaningModel:
    """Raises `MissingExtra`."""
    module = import_extra("app.search.meaning.sentence_vectors", extra="meaning", wanted_by="KB_MEANING is on")
    model: MeaningModel = module.SentenceVectors()
    return model
