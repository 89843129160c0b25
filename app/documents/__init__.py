"""The store of published JSON documents, and the revision that it has reached."""
