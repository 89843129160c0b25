"""Assistants: a question of the Model Context Protocol comes in; a small answer with its sources goes out.

What they may ask is the grammar of the interface, and it is answered from the same index.
"""
