"""Commands for the whole database.

A database or a backup comes in; it goes out migrated, backed up, restored or copied.
"""
