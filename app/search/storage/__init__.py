"""The data structures of the index: rows, postings, maps in layers, sort orders, and tables in files.

Values of fields come in; ids and bitmaps go out.
"""
