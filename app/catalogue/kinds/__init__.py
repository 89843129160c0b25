"""The kinds of entry, one a file: its table, what staff send, what readers see, its search fields.

None knows another.
"""
