"""Scores as sets.

Integer weights for any number of documents, and the highest among many. Imports nothing about words or documents.
"""
