"""From rows to documents.

What changed comes in; every document that shows something of it is rendered and written.
"""
