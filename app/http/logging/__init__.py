"""Logs as JSON lines: one per request, and those of the application."""
