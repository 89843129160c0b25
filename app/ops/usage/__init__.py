"""How much the knowledge base is used, without tracking anyone: responses come in, counts by day go out."""
