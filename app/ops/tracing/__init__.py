"""Traces by OpenTelemetry (an extra): durations of routes, jobs and statements, and nothing that anybody sent."""
