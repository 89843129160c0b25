"""Planning of digests and announcements: who is sent what, and when.

Publications come in; deliveries and their jobs go out.
"""
