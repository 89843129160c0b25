"""Parts of entries in tables of their own: contributions, relations, resources, funding, and confidential notes."""
