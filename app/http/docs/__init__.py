"""The documentation page: Swagger UI from our own files."""
