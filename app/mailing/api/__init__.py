"""The endpoints and pages of mailing."""
