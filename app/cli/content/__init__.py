"""Commands for what the knowledge base holds.

Files come in and entries go out, or the other way; links are checked, and fields are taken out of the history.
"""
