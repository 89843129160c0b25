"""Public endpoints over the index.

A request comes in; a list, a document or a problem goes out. No credentials, no catalogue tables.
"""
