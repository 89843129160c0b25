"""Metadata formats of libraries, repositories and registration agencies.

Records come in; Dublin Core, MARCXML, MODS and DataCite metadata go out.
"""
