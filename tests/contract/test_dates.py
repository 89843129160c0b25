"""A date known to the year or the month is a stretch of time: it matches what it overlaps."""

from app.catalogue.kinds import events, sites
from tests.corpus import Corpus
from tests.factories import make_entry, make_publication

ASKED = {
    "publications?issued=2022-09": "month year",
    "publications?issued=2022-06": "year",
    "publications?issued__lte=2022-06": "earlier year",
    "publications?issued__gte=2022-10": "later year",
    "publications?issued__gt=2022-09": "later",
    "publications?issued__lt=2022-09": "earlier",
    "publications?issued__within=2022": "month year",
    "publications?issued__within=2022-09": "month",
    "publications?issued__within=2021&issued__within=2023": "earlier later",
    "publications?issued__not=2022-09": "earlier later",
    "entries?period=2021-06": "fieldwork",
    "entries?period=2021-06-30/2022-05": "conference day fieldwork",
    "entries?period__gte=2022-05-03": "conference",
    "entries?period__lt=2022": "day",
    "entries?period__within=2021/2022": "conference day fieldwork",
    "events?period__within=2022-05": "conference",
    "sites?period=2023": "",
}


def test_of_a_partial_date_any_day_may_be_meant(kb: Corpus) -> None:
    with kb.write() as session:
        for slug, issued in {"earlier": "2021", "year": "2022", "month": "2022-09", "later": "2023-01-01"}.items():
            make_publication(session, slug=slug, issued=issued)
        make_entry(session, events.KIND, slug="conference", start="2022-05-02", end="2022-05-04")
        make_entry(session, events.KIND, slug="day", start="2021-12-31")
        make_entry(session, sites.KIND, slug="fieldwork", fieldwork_start="2021", fieldwork_end="2022-03")
    found = {path: " ".join(sorted(kb.client.slugs(f"/v1/{path}"))) for path in ASKED}
    assert found == ASKED
    assert kb.client.json("/v1/publications?issued__within=2022")["meta"]["description"] == (
        "publications with issued within 2022, by issued (descending), then title"
    )


def test_an_event_is_of_the_day_on_which_it_begins(kb: Corpus) -> None:
    with kb.write() as session:
        make_entry(session, events.KIND, slug="conference", start="2022-05-02", end="2022-05-04")
        make_entry(session, events.KIND, slug="told", start="2022-05-02", issued="2022-06")
        make_entry(session, events.KIND, slug="undated")
    shown = {each["slug"]: each["issued"] for each in kb.client.json("/v1/events")["results"]}
    assert shown == {"conference": "2022-05-02", "told": "2022-06", "undated": None}
    assert kb.client.slugs("/v1/entries?issued=2022-05-02") == ["conference"]
    assert kb.client.slugs("/v1/entries?year=2022&sort=issued") == ["conference", "told"]
