"""The HTML of the documentation pages: the one that starts Swagger UI, and that of staff."""

import json

from app.http.docs.page import VERSION, DocsPage
from app.pages.environment import render_template
from app.pages.view_models.labels import RELATIONS


def make_docs_page(title: str, timezone: str, *, practice: bool) -> DocsPage:
    """`title` is that of the service, and `timezone` that of its staff; `practice` says that it is a practice copy."""
    known = {"service": title, "version": VERSION, "practice": practice, "timezone": timezone}
    relations = json.dumps(RELATIONS)
    return DocsPage(render_template("docs.html", **known), render_template("staff.html", **known, relations=relations))
