"""tantivy's analyzers, for any number of threads."""

import threading
from collections.abc import Callable

from tantivy import TextAnalyzer


class Analyzer(threading.local):
    """Each thread makes its own when it first asks. One of tantivy's is taken until the list of its words is made; that
    may start the garbage collector and let another thread go on, whose call is refused then ("Already borrowed")."""

    def __init__(self, make: Callable[[], TextAnalyzer]) -> None:
        self._own = make()

    def analyze(self, text: str) -> list[str]:
        return self._own.analyze(text)
