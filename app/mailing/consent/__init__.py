"""Addresses, tokens, proof of consent, the suppression list and limits: whether an address may be sent mail."""
