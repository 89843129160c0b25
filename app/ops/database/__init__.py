"""A whole database: backups, copies to another one, and integrity checks.

A database comes in; a verified file, a copy of it, or a list of what is wrong goes out.
"""
