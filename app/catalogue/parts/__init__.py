"""What entries are made of besides columns: contributions, relations, resources, funding, and confidential notes."""
