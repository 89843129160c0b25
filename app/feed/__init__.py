"""Followers of the change feed. In: the revisions that the documents have reached. Out: to each consumer, by its name,
what was published since it last asked, and which of it for the first time."""
