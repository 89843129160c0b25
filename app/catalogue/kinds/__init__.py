"""The kinds of entry, one per file: table, input model, document and search fields.

None imports another.
"""
