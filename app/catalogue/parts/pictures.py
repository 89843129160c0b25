"""A picture of an entry: only its URL is stored, never the file."""

from app.catalogue.schema import Line, Schema, WebAddress


class Picture(Schema):
    """A picture on the web, with its alternative text (WCAG 2.2, success criterion 1.1.1)."""

    url: WebAddress
    alternative_text: Line
