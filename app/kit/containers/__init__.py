"""Containers of Python objects: caches with bounds, unique lists, lots of an iterable."""
