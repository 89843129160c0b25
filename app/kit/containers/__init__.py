"""Containers of Python objects: bounded caches, unique lists, batches of an iterable."""
