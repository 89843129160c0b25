"""Followers of the change feed: how far each has read, and what was published for the first time."""
