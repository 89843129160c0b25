"""The query as a value: its model, the schema that it is checked against, and its parsers.

URL parameters or JSON come in; a `Query` goes out.
"""
