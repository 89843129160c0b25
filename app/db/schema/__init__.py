"""The schema of a database: migrations, downgrades, and the versions of the software that migrated it.

A database of any version comes in; it goes out with the tables of a version, or is refused.
"""
