"""Partners stay in step: what changed, in the order of the commits.

Requests come in with a position in the past; documents of one revision go out, with the position to go on from.
"""
