"""One parsed record, and the values that records are made of."""
