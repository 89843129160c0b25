"""Values in their canonical form: partial dates, durations, identifiers.

Text in any spelling comes in; the canonical text, or a ValueError, goes out.
"""
