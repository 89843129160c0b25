"""A typed client of a knowledge base. The README has an example of everything."""

from knowledge_base_client.async_client import AsyncCollection, AsyncKnowledgeBase
from knowledge_base_client.calls import Page
from knowledge_base_client.client import Collection, KnowledgeBase
from knowledge_base_client.connection import Options
from knowledge_base_client.errors import ApiError, CursorExpired, Gone, NotFound
from knowledge_base_client.mirror import MirrorError, Report, mirror
from knowledge_base_client.retries import Retries

__all__ = [
    "ApiError",
    "AsyncCollection",
    "AsyncKnowledgeBase",
    "Collection",
    "CursorExpired",
    "Gone",
    "KnowledgeBase",
    "MirrorError",
    "NotFound",
    "Options",
    "Page",
    "Report",
    "Retries",
    "mirror",
]
