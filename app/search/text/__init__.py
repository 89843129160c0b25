"""Words: what people type, the word index, ranking, corrections and highlights.

Text comes in; ids of documents, best first, go out.
"""
