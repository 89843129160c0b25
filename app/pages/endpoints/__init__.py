"""The routes of pages, a file for each sort of page. In: a request. Out: a page, a redirect, or a problem as a page."""
