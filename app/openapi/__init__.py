"""The OpenAPI description of the whole API.

The schemas of the index and the operations of the application come in; one document goes out.
"""
