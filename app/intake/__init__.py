"""Import: a DOI, a file or a pasted text comes in; proposed entries, or drafts, go out."""
