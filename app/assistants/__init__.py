"""Assistants: a request of the Model Context Protocol comes in; a small response with its sources goes out.

Their queries have the grammar of the API, and are answered from the same index.
"""
