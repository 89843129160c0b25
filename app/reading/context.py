"""What every public endpoint works with."""

from dataclasses import dataclass, field

from app.http.concurrency_limits import ConcurrencyLimiter
from app.kit.json_types import JsonObject
from app.reading.content.citations import Citations
from app.reading.export_stream import export_limiter
from app.reading.requests.urls import UrlBuilder
from app.search.index.live_index import Index


@dataclass(frozen=True)
class ReadingContext:
    """One for each application; `about` describes the whole at `/v1`; `hub` is pinged when feeds change (WebSub)."""

    index: Index
    urls: UrlBuilder
    about: JsonObject
    citations: Citations
    max_export: int
    hub: str | None = None
    exports: ConcurrencyLimiter = field(default_factory=export_limiter)
