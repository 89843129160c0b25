"""The word index: which documents have a word, ranking, completion and corrections.

Parsed clauses come in; ids of documents, best first, go out.
"""
