"""Passages compared with questions by their meaning, for the extra `meaning`.

The vectors of sentences are made on this machine by a small model; nothing is downloaded. The module that needs the
libraries of the extra is imported by `load_meaning_model` alone, where a setting turns it on.
"""
