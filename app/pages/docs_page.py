"""The HTML that starts Swagger UI."""

from app.http.docs.page import VERSION
from app.pages.environment import render_template


def render_docs_page(title: str) -> str:
    """`title` is that of the service."""
    return render_template("docs.html", service=title, version=VERSION)
