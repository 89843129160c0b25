"""Problem documents (RFC 9457). Exceptions come in; one response in one shape goes out."""
