"""Background work: jobs are enqueued in a transaction, leased by a worker, and retried until they are done.

Periodic tasks are run by the worker as well.
"""
