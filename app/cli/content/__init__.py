"""Commands for the content of the knowledge base.

Files come in and entries go out, or the other way round; links are checked, and fields are redacted in the history.
"""
