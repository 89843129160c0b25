"""The model, from its extra."""

from app.kit.system.extras import import_extra
from app.search.meaning.comparison import MeaningModel


def load_meaning_model() -> MeaningModel:
    """Raises `MissingExtra`."""
    module = import_extra("app.search.meaning.sentence_vectors", extra="meaning", wanted_by="KB_MEANING is on")
    model: MeaningModel = module.SentenceVectors()
    return model
