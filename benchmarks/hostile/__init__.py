"""Requests that anybody may send, made to cost as much as they can: what each costs, and whether that is bounded."""
