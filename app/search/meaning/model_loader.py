"""The extra, found or missed with a sentence that says what to do."""

from importlib import import_module

from app.search.meaning.comparison import MeaningModel


class MeaningUnavailable(RuntimeError):
    """What the extra consists of is not installed."""


def load_meaning_model() -> MeaningModel:
    """Raises `MeaningUnavailable`."""
    try:
        module = import_module("app.search.meaning.sentence_vectors")
    except ModuleNotFoundError as error:
        raise MeaningUnavailable(
            f"KB_MEANING is on, but {error.name} is not installed. Install the extra with `pip install .[meaning]`, "
            "or run `make run MEANING=1`."
        ) from None
    model: MeaningModel = module.SentenceVectors()
    return model
