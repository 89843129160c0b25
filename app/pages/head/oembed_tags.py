"""Where the head of a page says how it can be embedded (oEmbed, section 4)."""

from typing import Final
from urllib.parse import urlencode

from app.pages.site import Site

MEDIA_TYPES: Final = {"json": "application/json+oembed", "xml": "text/xml+oembed"}
MAX_LENGTH: Final = 2048
"""Characters of an address that can be embedded: those who embed it keep it."""

OembedTag = tuple[str, str]
"""Media type and address."""


def oembed_tags(site: Site, url: str) -> list[OembedTag]:
    """None for a very long address."""
    if len(url) > MAX_LENGTH:
        return []
    return [
        (media_type, f"{site.base}/oembed?{urlencode({'url': url, 'format': name})}")
        for name, media_type in MEDIA_TYPES.items()
    ]
