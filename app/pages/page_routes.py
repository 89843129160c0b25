"""The public pages, in the order in which their paths are compared."""

from typing import Final

from app.pages.embeds.cards import CARD_ROUTES
from app.pages.embeds.oembed import PATH as OEMBED
from app.pages.embeds.oembed import show_oembed
from app.pages.endpoints.citation_page import show_citations
from app.pages.endpoints.discovery import (
    API_CATALOG,
    show_api_catalog,
    show_llms,
    show_llms_full,
    show_robots,
    show_sitemap,
    show_sitemap_index,
)
from app.pages.endpoints.document_page import show_document, show_link_set
from app.pages.endpoints.home_page import show_home
from app.pages.endpoints.list_page import show_list, show_search
from app.pages.endpoints.map_page import show_map
from app.pages.endpoints.outgoing_link import OUTGOING_ROUTES
from app.pages.endpoints.resource_sync import (
    CAPABILITIES,
    CHANGES,
    FOLDER,
    RESOURCES,
    SOURCE,
    show_capability_list,
    show_change_list,
    show_resource_list,
    show_resource_list_part,
    show_source_description,
)
from app.pages.routing import PageRoute
from app.pages.view_models.search_urls import MAP, SEARCH

PAGE_ROUTES: Final = (
    PageRoute("/", show_home),
    PageRoute("/sitemap.xml", show_sitemap_index),
    PageRoute("/sitemap/{number:int}.xml", show_sitemap),
    PageRoute("/robots.txt", show_robots),
    PageRoute("/llms.txt", show_llms),
    PageRoute("/llms-full.txt", show_llms_full),
    PageRoute(API_CATALOG, show_api_catalog),
    PageRoute(SOURCE, show_source_description),
    PageRoute(CAPABILITIES, show_capability_list),
    PageRoute(RESOURCES, show_resource_list),
    PageRoute(f"{FOLDER}/resourcelist/{{number:int}}.xml", show_resource_list_part),
    PageRoute(CHANGES, show_change_list),
    PageRoute(SEARCH, show_search),
    *OUTGOING_ROUTES,
    PageRoute(MAP, show_map),
    PageRoute(OEMBED, show_oembed),
    *CARD_ROUTES,
    PageRoute("/{collection:page_collection}", show_list),
    PageRoute("/{collection:page_collection}/{key:path}/linkset", show_link_set),
    PageRoute("/{collection:page_collection}/{key:path}/citation", show_citations),
    PageRoute("/{collection:page_collection}/{key:key}", show_document),
)
"""After the routes of all other packages."""

FIXED_PATHS: Final = (
    "/docs",
    "/openapi",
    "/openapi.json",
    "/assets",
    "/embed.js",
    "/favicon.ico",
    "/problems",
    "/guide",
    "/accessibility",
)
"""What is at or below these depends neither on a query nor on `Accept`."""
