"""Search: a query comes in as a value; matching documents, totals, facets and related documents go out.

Knows no kind of document by name.
"""
