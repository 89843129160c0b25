"""How much the knowledge base is used, and nobody's traces: what was answered comes in, counts by day go out."""
