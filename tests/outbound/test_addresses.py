"""Which servers are public, and which spellings of their addresses are taken: the same on every release of Python."""

import ipaddress

import pytest

from app.outbound import errors
from app.outbound.client import Outbound
from app.outbound.ip_policy import is_public, resolve_permitted
from app.outbound.urls import checked_url
from tests.outbound.conftest import Server, say

INSIDE = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
    192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24
    203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 168.63.129.16/32 ::/128 ::1/128 ::/96
    ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128
    2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16
    2620:4f:8000::/48 3ffe::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8 4000::/3 8000::/1
""".split()  # noqa: SIM905
"""The special-purpose address registries of IANA, multicast, what was given back or never given out, and the services
of cloud providers that stand among public addresses."""

METADATA = """
    169.254.169.254 169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16 fd00:ec2::254 fd20:ce::254
    fe80::a9fe:a9fe
""".split()  # noqa: SIM905

WRAPPED = """
    ::ffff:8.8.8.8 ::ffff:127.0.0.1 ::8.8.8.8 ::ffff:0:10.0.0.1 2002:808:808:: 2002:7f00:1:: 64:ff9b::7f00:1
    64:ff9b::a00:1 64:ff9b::a83f:8110 64:ff9b:1::808:808 2001:0:808:808::1 2606:4700::5efe:a00:1
    2606:4700::200:5efe:808:808
""".split()  # noqa: SIM905
"""IPv4 in IPv6: mapped, compatible, translated, 6to4, Teredo, ISATAP."""

PUBLIC = """
    8.8.8.8 1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 168.63.129.15 168.63.129.17 172.15.255.255
    172.32.0.0 192.0.1.0 192.167.255.255 198.17.255.255 198.20.0.0 223.255.255.255 2606:4700:4700::1111
    2001:200::1 2001:4860:4860::8888 2a00:1450:4009::200e 2003::1 64:ff9b::808:808
""".split()  # noqa: SIM905


@pytest.mark.parametrize("network", INSIDE)
def test_no_address_of_these_networks_is_public(network: str) -> None:
    found = ipaddress.ip_network(network)
    for place in (0, 1, found.num_addresses // 2, found.num_addresses - 1):
        assert not is_public(str(found[min(place, found.num_addresses - 1)]))


@pytest.mark.parametrize(
    "address", [*METADATA, *WRAPPED, "fe80::1%eth0", "2606:4700:4700::1111%1", "localhost", "", "8.8.8"]
)
def test_nor_is_what_leads_there(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


def test_one_address_inside_spoils_the_rest() -> None:
    with pytest.raises(errors.DestinationForbidden):
        resolve_permitted("a.example", 80, 1, resolve=lambda *_: ["8.8.8.8", "fec0::1"], permitted=is_public)


@pytest.mark.parametrize(
    "host",
    [
        "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "1.2.3", "8.8.8.8.", "0x7f000001", "a.0x", "a.1",
        "[fe80::1%25eth0]", "[fe80::1%eth0]", "[1.2.3.4]", "[::1", "exa%6dple.org", "127.0.0.1%2f.example.org",
        "exa mple.org", "a..b", ".a", "xn--a", "\u2460\u2461.example\u3002\u2488", "a" * 64 + ".org",
        ".".join(["abcdefg"] * 40), "a:b@c.org", "a@b@c.org", "example.org:80:80", "example.org:x",
    ],
)  # fmt: skip
def test_a_host_that_is_not_named_plainly_is_not_requested(host: str) -> None:
    with pytest.raises(errors.DestinationForbidden):
        checked_url(f"http://{host}/")


@pytest.mark.parametrize("port", [0, 1, 22, 25, 53, 110, 445, 993, 2049, 6667, 10080, 65536, 99999, 10**30])
def test_a_port_of_something_else_is_not_requested(port: int) -> None:
    with pytest.raises(errors.DestinationForbidden):
        checked_url(f"http://example.org:{port}/")


@pytest.mark.parametrize(
    ("url", "requested"),
    [
        ("HTTP://EXAMPLE.org", "http://example.org"),
        ("https://example.org:443/a?b#c", "https://example.org/a?b"),
        ("http://example.org:8080/", "http://example.org:8080/"),
        ("http://example.org./", "http://example.org./"),
        ("http://stra\u00dfe.example/", "http://xn--strae-oqa.example/"),
        ("http://a_b.example/", "http://a_b.example/"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700::1111]:8000/", "http://[2606:4700::1111]:8000/"),
        ("http://4chan.example/", "http://4chan.example/"),
    ],
)
def test_plain_addresses_are_requested(url: str, requested: str) -> None:
    assert str(checked_url(url)) == requested


@pytest.mark.parametrize(
    "location",
    [
        "http://xn--a/",
        "http://[::1",
        "http://a\x7fb/",
        "//a@server.test/",
        "http://server.test:99999/",
        "http://0x7f.1/",
    ],
)
def test_where_a_redirect_leads_is_looked_at_as_closely(server: Server, outbound: Outbound, location: str) -> None:
    server.paths["/a"] = say(302, Location=location)
    with pytest.raises(errors.DestinationForbidden):
        outbound.fetch("GET", server.url("/a"))
    assert len(server.seen) == 1
