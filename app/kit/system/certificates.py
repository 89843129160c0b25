"""Certificates of TLS, as far as a client sees them."""

import ssl
from datetime import UTC, datetime


def certificate_end(connection: ssl.SSLSocket | ssl.SSLObject) -> datetime | None:
    """When the certificate of the other side ends; None where it was not verified."""
    ends = (connection.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None
