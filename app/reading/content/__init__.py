"""The content of responses to readers.

A parsed request and a snapshot of the index come in; documents, lists, facets, citations and links go out as JSON.
"""
