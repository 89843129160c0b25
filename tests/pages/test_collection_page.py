"""The page of a collection: its sections, what they list with a line about each, and what their queries find."""

import pytest

from app.catalogue.registry import BY_NAME
from tests.corpus import Corpus
from tests.factories import make_entry, make_publication

pytestmark = pytest.mark.one_engine

COLLECTION = BY_NAME["collection"]


def test_it_shows_its_sections_whole(kb: Corpus) -> None:
    with kb.write() as session:
        for slug in ("a", "b", "c"):
            make_publication(
                session, slug=slug, title=f"About {slug}", terms={"format": ["article"], "topic": ["trust"]}
            )
        listed = [{"entry": "publications/a", "line": "Read <this> first."}]
        sections = [
            {"slug": "first", "heading": "To begin", "text": "With *care*.", "entries": listed},
            {"slug": "rest", "heading": "The rest", "query": "publications?topic=trust&sort=-title", "limit": 2},
        ]
        make_entry(session, COLLECTION, slug="reading", introduction="**Start** here.", sections=sections)
    page = kb.client.get("/collections/reading", accept="text/html").text
    assert "<p><strong>Start</strong> here.</p>" in page
    assert '<section id="first">\n<h2>To begin</h2>\n<p>With <em>care</em>.</p>' in page
    assert '<li><a href="/publications/a">About a</a><br>Read &lt;this&gt; first.</li>' in page
    assert '<li><a href="/publications/c">About c</a></li>\n<li><a href="/publications/b">About b</a></li>' in page
    _, _, rest = page.partition("All 3</a>")
    assert rest
    address = page.partition("All 3</a>")[0].rpartition('href="')[2].removesuffix('">').replace("&amp;", "&")
    assert kb.client.get(address, accept="text/html").status_code == 200
