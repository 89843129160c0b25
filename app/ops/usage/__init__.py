"""Usage statistics without tracking anyone: responses come in, counts by day go out."""
