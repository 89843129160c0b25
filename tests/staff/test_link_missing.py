"""What is found on the web only where something else is: staff see which entries want a link of their own."""

from tests.api_keys import ApiKeyClient
from tests.corpus import Corpus
from tests.factories import make_publication

PAGE = {"type": "landing_page", "url": "https://example.org/page"}
OWN = {"type": "full_text", "url": "https://example.org/own"}


def test_only_links_that_others_have_too_are_none_of_its_own(kb: Corpus, editor: ApiKeyClient) -> None:
    with kb.write() as session:
        make_publication(session, slug="listed", resources=[PAGE])
        make_publication(session, slug="listed-too", resources=[PAGE])
        make_publication(session, slug="waiting", resources=[PAGE], as_draft=True)
        make_publication(session, slug="linked", resources=[PAGE, OWN])
        make_publication(
            session, slug="identified", resources=[PAGE], identifiers=[{"scheme": "doi", "value": "10.1234/a"}]
        )
        make_publication(session, slug="page", resources=[PAGE], identifiers=[{"scheme": "url", "value": PAGE["url"]}])
        make_publication(session, slug="without")
        make_publication(session, slug="alone", resources=[{**OWN, "url": "https://example.org/alone"}])
    found = editor.request_json("GET", "/v1/staff/entries?state=link_missing")
    assert {each["slug"] for each in found["results"]} == {"listed", "listed-too", "without"}
    assert found["meta"]["count"] == 3
