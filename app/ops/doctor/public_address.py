"""The public address: whether it leads to this service, by a certificate that holds, and through a trusted proxy
that forwards client addresses."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import httpx

from app.config.setting_types import is_loopback
from app.config.settings import Settings
from app.http.client_address import Arrival, ClientAddressResolver
from app.kit.system.certificates import certificate_end
from app.ops.certificates import certificate_problem
from app.ops.doctor.findings import Finding, fine, problem, unknown, warning
from app.ops.doctor.machine import MAX_SKEW

SECONDS: Final = 4.0
"""Of one step of one request."""
MAX_BYTES: Final = 64 * 1024
PRETENDED: Final = "192.0.2.77"
"""An address reserved for documentation (RFC 5737), to see whether a proxy passes on what clients claim."""


def look_at_public_address(settings: Settings, now: datetime) -> Iterator[Finding]:
    with _client(settings) as client:
        try:
            response = _get(client, "/health/live")
        except httpx.HTTPError as error:
            yield _unreachable(settings, error)
            return
        if response.status_code != 200 or _member(response, "status") != "live":
            yield problem(
                f"{settings.base} answers {response.status_code} to /health/live, and not as this service does. "
                "Check where KB_BASE_URL and the proxy lead."
            )
            return
        yield from _address_findings(settings, client)
        yield from _certificate(response, now)
        yield from _date(response, now)


def _client(settings: Settings) -> httpx.Client:
    return httpx.Client(base_url=settings.base, timeout=SECONDS, trust_env=False, headers={"user-agent": "kb-doctor"})


def _get(client: httpx.Client, path: str, **headers: str) -> httpx.Response:
    """Without the rest of what is longer than it should be. Raises `httpx.HTTPError`."""
    shown = {name.replace("_", "-"): value for name, value in headers.items()}
    with client.stream("GET", path.lstrip("/"), headers=shown) as response:
        body = bytearray()
        for piece in response.iter_bytes(MAX_BYTES):
            body += piece
            if len(body) >= MAX_BYTES:
                break
        extensions = {**response.extensions, "certificate_end": _certificate_end(response)}
        kept = {name: value for name, value in response.headers.items() if name != "content-encoding"}
        return httpx.Response(response.status_code, headers=kept, content=bytes(body), extensions=extensions)


def _certificate_end(response: httpx.Response) -> datetime | None:
    connection = response.extensions["network_stream"].get_extra_info("ssl_object")
    return None if connection is None else certificate_end(connection)


def _member(response: httpx.Response, name: str) -> object:
    try:
        found = response.json()
    except ValueError:
        return None
    return found.get(name) if isinstance(found, dict) else None


def _unreachable(settings: Settings, error: httpx.HTTPError) -> Finding:
    """Adds whether the service itself runs here, to point to the right place."""
    try:
        with httpx.Client(timeout=SECONDS, trust_env=False) as client:
            client.get(f"http://{_written(settings.host)}:{settings.port}/health/live")
        here = f"The service itself answers at {settings.host}:{settings.port}: look at the proxy, the name and TLS."
    except httpx.HTTPError:
        here = f"Nothing answers at {settings.host}:{settings.port} either: start `kb serve`."
    reason = str(error) or type(error).__name__
    return problem(f"{settings.base} (KB_BASE_URL) cannot be reached from this machine: {reason}. {here}")


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _address_findings(settings: Settings, client: httpx.Client) -> Iterator[Finding]:
    answer = _get(client, "/v1")
    if answer.status_code != 200:
        detail = _member(answer, "detail")
        yield problem(
            f"{settings.base}/v1 answers {answer.status_code}{f' ({detail})' if isinstance(detail, str) else ''}. "
            "Check KB_ALLOWED_HOSTS, and the `Host` that the proxy sends."
        )
        return
    if is_loopback(urlsplit(settings.base).hostname or ""):
        yield warning(f"{settings.base} answers, but only on this machine. Set KB_BASE_URL before readers come.")
    elif settings.base.startswith("http:"):
        yield warning(f"{settings.base} answers, but without TLS. Put a proxy with TLS in front (deploy/Caddyfile).")
    else:
        yield fine(f"{settings.base} answers.")


def _certificate(response: httpx.Response, now: datetime) -> Iterator[Finding]:
    ends = response.extensions["certificate_end"]
    if message := certificate_problem("the public address", ends, now):
        yield problem(message)
    elif ends is not None:
        yield fine(f"The TLS certificate is good until {ends:%Y-%m-%d}.")


def _date(response: httpx.Response, now: datetime) -> Iterator[Finding]:
    try:
        moment = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if abs(moment - now) > MAX_SKEW + timedelta(seconds=1):
        yield problem(
            f"The clock behind {moment:%Y-%m-%dT%H:%M:%SZ} of its `Date` differs from this machine's. Use NTP."
        )


def look_at_proxy(settings: Settings) -> Iterator[Finding]:
    """By what the service says of two requests, the second of which claims to be another's."""
    with _client(settings) as client:
        try:
            plain, pretending = (
                _get(client, "/health/client"),
                _get(client, "/health/client", x_forwarded_for=PRETENDED),
            )
        except httpx.HTTPError:
            yield unknown("Not asked: the public address cannot be reached.")
            return
    arrival, address = _member(plain, "arrival"), _member(pretending, "address")
    if plain.status_code != 200 or arrival not in set(Arrival):
        yield unknown("Not asked: what answers at the public address is not this version of the service.")
    elif arrival == Arrival.unknown_proxy:
        yield problem(
            "`X-Forwarded-For` comes from an address that KB_TRUSTED_PROXIES does not name, so all readers share one "
            "limit. Name the address that the proxy connects from."
        )
    elif address == PRETENDED and _is_trusted(settings, _member(plain, "address")):
        yield unknown(
            "Whether the proxy passes on what clients claim cannot be seen from here: this machine is itself among "
            "KB_TRUSTED_PROXIES. Run `kb doctor` elsewhere, or see that the proxy sets the header (deploy/nginx.conf)."
        )
    elif address == PRETENDED:
        yield problem(
            "The proxy passes on the `X-Forwarded-For` that clients send, so anybody can pretend to be anybody. Let it "
            "append or set the address it sees (deploy/nginx.conf), and trust no more than the proxies."
        )
    elif arrival == Arrival.direct and _is_proxied(settings):
        yield problem(
            "Something answers for the service at its public address, but sends no `X-Forwarded-For`, so all readers "
            "share one limit. Let the proxy set it (deploy/nginx.conf)."
        )
    elif arrival == Arrival.direct:
        yield fine("Requests arrive directly: there is no proxy, and nobody's `X-Forwarded-For` is believed.")
    else:
        yield fine(
            "Requests come through a trusted proxy, which names the client, and does not pass on what clients claim."
        )


def _is_trusted(settings: Settings, address: object) -> bool:
    return isinstance(address, str) and ClientAddressResolver(settings.trusted_proxies).direct(address) is None


def _is_proxied(settings: Settings) -> bool:
    """The service speaks HTTP alone, at one port."""
    parts = urlsplit(settings.base)
    return parts.scheme == "https" or (parts.port or 80) != settings.port
