"""The HTML of the documentation pages: the one that starts Swagger UI, and that of staff."""

from app.http.docs.page import VERSION, DocsPage
from app.pages.environment import render_template


def make_docs_page(title: str) -> DocsPage:
    """`title` is that of the service."""
    html = render_template("docs.html", service=title, version=VERSION)
    return DocsPage(html, render_template("staff.html", service=title, version=VERSION))
