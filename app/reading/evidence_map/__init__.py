"""The evidence and gap map: entries by two vocabularies at once.

A query and the names of its sides come in; a table with the gaps in it goes out, as JSON, CSV or SVG.
"""
