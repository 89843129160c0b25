"""What programs find in the head of a page and beside it. In: a document. Out: the names and values of tags, and typed
links."""
