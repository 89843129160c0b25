"""The description of what readers use: the operations of every collection.

The schemas of the index come in; parameters, operations and their bodies go out.
"""
