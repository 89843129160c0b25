"""From parsed records to proposals: agents, terms and duplicates are matched with the catalogue."""
