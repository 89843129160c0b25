"""Parsing of readers' requests.

A path, a query string and a header come in; a query, a page, a format or the errors of the request go out, and the URLs
of the same query.
"""
