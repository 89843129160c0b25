"""E-mail: subscriptions, digests, announcements, and their delivery."""
