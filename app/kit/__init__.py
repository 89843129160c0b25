"""Helpers that could live in any project: the clock, the error family, rate limits, caches, secrets.

Knows neither the web nor the database.
"""
