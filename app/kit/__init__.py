"""Helpers that could live in any project: the clock, the error family, rate limits, caches, secrets.

Imports neither a web framework nor a database.
"""
