"""Who may read it, and how that is known; where a dead link went; a picture."""

import csv
import io
import json

from tests.api_keys import api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import make_publication

SOURCE = "All about Innovation says so"
OPEN = {"access": "open", "access_source": SOURCE}


def test_access_is_shown_with_its_source_filtered_and_counted(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="free", **OPEN)
        make_publication(session, slug="paid", access="restricted", access_source="The publisher's page")
        make_publication(session, slug="unasked")
    free = kb.client.json("/v1/publications/free")
    assert (free["access"], free["access_source"]) == ("open", SOURCE)
    unasked = kb.client.json("/v1/publications/unasked")
    assert (unasked["access"], unasked["access_source"]) == ("unknown", None)
    assert kb.client.slugs("/v1/publications?access=open") == ["free"]
    facet = kb.client.json("/v1/entries?facets=access")["facets"]["access"]["values"]
    assert {each["slug"]: each["count"] for each in facet} == {"open": 1, "restricted": 1, "unknown": 1}
    (error,) = kb.client.refused("/v1/publications?access=oppen")["errors"]
    assert error["suggestion"] == "open"


def test_formats_with_a_place_for_it_say_it_where_it_is_known(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="free", **OPEN)
        make_publication(session, slug="unasked")
    items = {each["id"]: each for each in json.loads(kb.client.get("/v1/publications.csl").text)}
    assert items["publications/free"]["custom"]["access"] == "open"
    assert "access" not in items["publications/unasked"]["custom"]
    rows = list(csv.DictReader(io.StringIO(kb.client.get("/v1/publications.csv?sort=slug").text.lstrip("\ufeff"))))
    assert [row["access"] for row in rows] == ["open", ""]


def test_access_needs_its_source(kb: Corpus) -> None:
    editor = api_key_client(kb)
    given = {"slug": "one", "title": "One", "terms": {"format": ["article"]}, "access": "open"}
    (error,) = problem(editor("POST", "/v1/staff/publications", json=given), 422)["errors"]
    assert (error["pointer"], error["code"]) == ("/access_source", "source-missing")


def test_a_dead_link_keeps_its_archived_address_and_a_picture_its_text(kb: Corpus) -> None:
    picture = {"url": "https://example.org/loop.png", "alternative_text": "A double loop of four phases."}
    archived = "https://archive.example/2023/page"
    link = {"type": "landing_page", "url": "https://example.org/gone", "label": None, "archived_url": archived}
    with kb.write() as session:
        make_publication(session, slug="one", picture=picture, resources=[link])
        make_publication(session, slug="two")
    one, two = (kb.client.json(f"/v1/publications/{slug}") for slug in ("one", "two"))
    assert one["picture"] == picture
    assert one["resources"] == [link]
    assert two["picture"] is None
