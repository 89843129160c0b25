"""Queries of staff: one subject, lists of work, the history."""
