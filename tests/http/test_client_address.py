"""Who asks, where a proxy stands between: what it says is believed, what anybody else says is not."""

from ipaddress import ip_network

import pytest
from starlette.requests import Request

from app.http.client_address import ClientAddressResolver

PROXIES = ClientAddressResolver([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


def request(peer: str | None, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return Request({"type": "http", "headers": headers, "client": (peer, 1) if peer else None})


@pytest.mark.parametrize(
    ("peer", "forwarded", "sender"),
    [
        ("192.0.2.1", (), "192.0.2.1"),
        (None, (), ""),
        ("192.0.2.1", ("198.51.100.7",), "192.0.2.1"),
        ("10.0.0.1", ("198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("1.1.1.1, 198.51.100.7, 10.2.3.4",), "198.51.100.7"),
        ("10.0.0.1", ("1.1.1.1", "198.51.100.7"), "198.51.100.7"),
        ("10.0.0.1", ("198.51.100.7:4711",), "198.51.100.7"),
        ("::ffff:10.0.0.1", ("::ffff:198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("10.2.3.4",), "10.2.3.4"),
        ("fd00::1", ("[2001:db8:1:2:3::4]:443",), "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::4", (), "2001:db8:1:2::/64"),
        ("10.0.0.1", ("unknown",), "unknown"),
    ],
)
def test_the_client_is_the_nearest_address_that_is_no_trusted_proxy(
    peer: str | None, forwarded: tuple[str, ...], sender: str
) -> None:
    assert PROXIES.resolve(request(peer, *forwarded)) == sender


def test_without_trusted_proxies_forwarded_headers_are_ignored() -> None:
    assert ClientAddressResolver().resolve(request("10.0.0.1", "198.51.100.7")) == "10.0.0.1"
