"""What staff edit: entries, agents, terms, their rows, input and output models, and the registry of kinds."""
