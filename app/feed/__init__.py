"""Who follows what is published, and what is sent to them. In: the revisions that the documents have reached. Out:
to each consumer, by its name, what was published since its last read, and which of it for the first time; one ledger
of deliveries, whatever channel they go by."""
