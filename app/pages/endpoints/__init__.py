"""The routes of pages, one file for each kind of page.

In: a request. Out: a page, a redirect, or a problem as a page.
"""
