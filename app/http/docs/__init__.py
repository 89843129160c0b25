"""The documentation pages: Swagger UI from our own files, and the forms of staff."""
