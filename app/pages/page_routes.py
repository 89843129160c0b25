"""The public pages, in the order in which their paths are compared."""

from typing import Final

from app.pages.document_page import show_document
from app.pages.home_page import show_home
from app.pages.list_page import show_list, show_search
from app.pages.routing import PageRoute
from app.pages.search_urls import SEARCH

PAGE_ROUTES: Final = (
    PageRoute("/", show_home),
    PageRoute(SEARCH, show_search),
    PageRoute("/{collection:page_collection}", show_list),
    PageRoute("/{collection:page_collection}/{key:key}", show_document),
)
"""After the routes of all other packages."""
