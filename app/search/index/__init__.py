"""The live index of everything published.

Stored documents come in; immutable snapshots that answer queries go out.
"""
