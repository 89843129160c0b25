"""Maintenance of stored data: documents are re-rendered, and fields removed from the history."""
