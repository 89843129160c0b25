"""What every public page is made from."""

from dataclasses import dataclass

from app.pages.hyperlinks import PagePaths
from app.pages.outgoing_links import Leave, counted, unchanged
from app.pages.site import Website
from app.reading.content.citations import Citations
from app.reading.requests.urls import PageUrls, UrlBuilder
from app.search.index.live_index import Index


@dataclass(frozen=True)
class PageContext:
    """One for each application."""

    index: Index
    site: Website
    urls: UrlBuilder
    citations: Citations
    counts_links: bool = False

    def leave(self, document: str) -> Leave:
        """How its page links to what is elsewhere."""
        return counted(document) if self.counts_links else unchanged

    @property
    def own(self) -> PageUrls:
        """The addresses of our own pages, also where the project has others."""
        return PageUrls(self.site.base)

    @property
    def paths(self) -> PagePaths:
        return PagePaths(self.site.base)
