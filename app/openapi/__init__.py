"""The OpenAPI document.

The schemas of the index and the operations of the application come in; one description of the whole API goes out.
"""
