"""Rate limits of requests, as routes apply them."""

from starlette.requests import Request

from app.http.context import request_context
from app.kit.errors import TooManyRequests
from app.kit.rate_limiter import Quota, RateLimiter


def count_request(request: Request, limiter: RateLimiter, client: str, detail: str) -> Quota:
    """Count a request of a client and return what is left. Raises TooManyRequests with `detail`."""
    quota, is_allowed = limiter.consume(client)
    if not is_allowed:
        request_context(request.scope).quotas = (quota,)
        raise TooManyRequests(detail, retry_after=quota.reset, quotas=[quota])
    return quota
