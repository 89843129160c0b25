"""What every public page is made from."""

from dataclasses import dataclass

from app.pages.hyperlinks import PagePaths
from app.pages.site import Site
from app.reading.urls import UrlBuilder
from app.search.index.live_index import Index


@dataclass(frozen=True)
class PageContext:
    """One for each application. `pages` has the public addresses of pages, `api` those of the interface."""

    index: Index
    site: Site
    pages: UrlBuilder
    api: UrlBuilder

    @property
    def paths(self) -> PagePaths:
        return PagePaths(self.site.base)
