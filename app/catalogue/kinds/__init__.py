"""The kinds of entry, one a file: its table, what staff send, what readers see, what it can be asked by.

None knows another.
"""
