"""Background work: jobs are enqueued in a transaction, leased by a worker, and retried until they are done.

Periodic tasks, too.
"""
