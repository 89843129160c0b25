"""Search: a query comes in as a value; matching documents, totals, facets and related documents go out.

Names no kind of document.
"""
