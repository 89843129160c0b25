"""Traces by OpenTelemetry, an extra: how long which route, job and statement took, and nothing that anybody sent."""
