"""The change feed and the ledger of deliveries: what was published since a consumer's last read, and what was sent.

The revisions that the documents have reached come in. To each consumer, by its name, goes out what was published since
its last read, and which of it for the first time. There is one ledger of deliveries for all channels.
"""
