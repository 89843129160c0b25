"""robots.txt as RFC 9309 reads it."""

import time
import tracemalloc

import pytest

from app.ops.links.robots import MAX_LENGTH, Robots, Rule, parse

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


def test_many_agents_with_many_rules_take_no_more_than_their_text() -> None:
    """A parser that gives each agent its own copy of the rules makes gigabytes of what a robots.txt may hold."""
    agents = "".join(f"User-agent: {number:x}\n" for number in range(MAX_LENGTH // 40))
    text = agents + "User-agent: knowledge-base\n" + "Allow: /\n" * (MAX_LENGTH // 20)
    tracemalloc.start()
    began = time.thread_time()
    robots = parse(text, "knowledge-base")
    assert robots.allow("/")
    assert time.thread_time() - began < 5
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40 * len(text)
