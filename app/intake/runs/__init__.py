"""Import runs: chunk by chunk, resumable, with a result for every record."""
