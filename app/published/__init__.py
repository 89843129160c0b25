"""Publishing: rows of the catalogue become documents.

What changed comes in; every document that shows something of it is rendered and written.
"""
