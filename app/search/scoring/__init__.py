"""Scores as sets.

How much each word of a document weighs, whole numbers for any number of documents, and the best of many. Knows
neither words nor documents.
"""
