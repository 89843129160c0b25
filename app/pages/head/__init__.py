"""Metadata in the head of a page, and its typed links. In: a document. Out: the names and values of tags, and typed
links."""
