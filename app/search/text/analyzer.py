"""tantivy's analyzers, for any number of threads."""

import threading
from collections.abc import Callable

from tantivy import TextAnalyzer


class Analyzer(threading.local):
    """Each thread makes its own on first use. One of tantivy's is borrowed until its list of tokens is built; that
    may run the garbage collector and switch to another thread, whose call then fails ("Already borrowed")."""

    def __init__(self, make: Callable[[], TextAnalyzer]) -> None:
        self._own = make()

    def analyze(self, text: str) -> list[str]:
        return self._own.analyze(text)
