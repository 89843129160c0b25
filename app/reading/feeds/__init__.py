"""Feeds of any query, for feed readers and websites.

A query comes in; its entries go out, the last changed first, as Atom or as JSON Feed.
"""
