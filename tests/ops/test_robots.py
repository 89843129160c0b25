"""robots.txt as RFC 9309 reads it."""

import time

import pytest

from app.ops.links.robots import Robots, Rule, parse

TEXT = """
# Everybody
User-agent: *
Disallow: /private
Allow: /private/open
Disallow: /*.pdf$
Crawl-delay: 5

User-agent: Other-Bot
User-agent: Knowledge-Base/2.0
Disallow: /ours # and a comment
Crawl-delay: 1000

Sitemap: https://example.org/sitemap.xml

user-AGENT: knowledge-base
disallow: /ours too
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/private", False),
        ("/private/x?y=1", False),
        ("/private/open/x", True),
        ("/a.pdf", False),
        ("/a.pdf?download", True),
        ("/robots.txt", True),
    ],
)
def test_the_longest_rule_for_everybody_decides(path: str, allowed: bool) -> None:
    assert parse(TEXT, "somebody").allow(path) is allowed


def test_groups_of_our_name_are_taken_together_and_instead() -> None:
    own = parse(TEXT, "knowledge-base")
    assert [rule.path for rule in own.rules] == ["/ours", "/ours too"]
    assert own.allow("/private")
    assert own.delay == 60
    assert parse(TEXT, "somebody").delay == 5


@pytest.mark.parametrize(
    "text", ["", "<html>not robots</html>", "Disallow: /", "User-agent: *\nDisallow:", "User-agent: *"]
)
def test_what_forbids_nothing_allows_everything(text: str) -> None:
    assert parse(text, "knowledge-base").allow("/anything")


@pytest.mark.parametrize(
    ("rule", "path", "matches"),
    [
        ("/a*c", "/abbbc/d", True),
        ("/a*c$", "/abbbc/d", False),
        ("/a*c$", "/acbc", True),
        ("/a$", "/ab", False),
        ("*", "/x", True),
        ("/*/b", "/a/b", True),
        ("/.*", "/x", False),
        ("/*b*b$", "/b", False),
    ],
)
def test_a_star_stands_for_anything(rule: str, path: str, matches: bool) -> None:
    assert Rule(False, rule).matches(path) is matches


def test_of_equal_rules_the_one_that_allows_wins() -> None:
    assert Robots((Rule(True, "/a"), Rule(False, "/a"))).allow("/a")


def test_a_rule_made_to_take_for_ever_does_not() -> None:
    began = time.perf_counter()
    assert not Rule(False, "/" + "a*" * 200 + "b").matches("/" + "a" * 2000)
    assert time.perf_counter() - began < 0.1
