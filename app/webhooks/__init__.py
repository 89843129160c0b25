"""Webhooks: partners' servers are sent what changed, as `/v1/changes` lists it.

Each webhook follows the changes from a position of its own. What lies after it is sent page by page, one at a time
and in order; the position moves on when the receiver has accepted a page, so nothing is missed however long it was
away.
"""
