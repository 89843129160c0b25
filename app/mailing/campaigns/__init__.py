"""Who gets what: digests are planned, announcements are scheduled.

Publications come in; deliveries and their jobs go out.
"""
