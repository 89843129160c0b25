"""Log lines as JSON: one a request, and the application's own."""
