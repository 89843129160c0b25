"""Semantic search, for the extra `meaning`: passages are compared with questions by sentence vectors.

The vectors of sentences are made on this machine by a small model; nothing is downloaded. The module that needs the
libraries of the extra is imported by `load_meaning_model` alone, where a setting turns it on.
"""
