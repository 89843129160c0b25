"""The endpoints of staff, generated for every kind."""
