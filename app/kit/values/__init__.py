"""Values in their canonical form: partial dates, durations, identifiers.

Text comes in in any spelling; the canonical text goes out, or a ValueError.
"""
