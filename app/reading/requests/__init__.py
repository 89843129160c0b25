"""What readers ask.

A path, a query string and a header come in; a query, a page, a format or the errors of the request go out, and the URLs
that ask the same again.
"""
