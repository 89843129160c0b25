"""Harvesting: what changed since a position, in the order of the commits, for partners that keep a copy.

Requests come in with a position in the past; documents of one revision go out, with the position to go on from.
"""
