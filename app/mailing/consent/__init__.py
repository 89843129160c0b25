"""Addresses, tokens, proof of consent, the suppression list and limits: whether somebody may be written to."""
