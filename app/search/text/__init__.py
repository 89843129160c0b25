"""Text: what people type and what documents say, as clauses, words and stems.

Text comes in; clauses, words, and the places that match them go out.
"""
