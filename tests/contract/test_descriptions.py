"""Every list says in plain English what was asked."""

from urllib.parse import quote

from tests.corpus import Corpus
from tests.factories import make_publication

NEWEST = "by issued (descending), then title"
DESCRIBED = {
    "": f"publications, {NEWEST}",
    "topic=consent": f"publications with topic Consent, {NEWEST}",
    "topic=consent&topic=ethics": f"publications with topic Consent or Ethics, {NEWEST}",
    "topic=consent&topic=ethics&topic=trust": f"publications with topic Consent, Ethics or Trust, {NEWEST}",
    "topic__all=consent&topic__all=ethics": f"publications with topic Consent and Ethics, {NEWEST}",
    "topic__exact=consent": f"publications with topic exactly Consent, {NEWEST}",
    "topic__not=consent&topic__not=ethics": f"publications with topic none of Consent or Ethics, {NEWEST}",
    "topic__exists=true": f"publications with any topic, {NEWEST}",
    "topic__exists=false": f"publications with no topic, {NEWEST}",
    "format=article&topic=consent": f"publications with format Article and topic Consent, {NEWEST}",
    "issued__gte=2020": f"publications with issued from 2020, {NEWEST}",
    "issued__lte=2020": f"publications with issued to 2020, {NEWEST}",
    "issued__gt=2020": f"publications with issued after 2020, {NEWEST}",
    "issued__lt=2020": f"publications with issued before 2020, {NEWEST}",
    "issued__within=2020&issued__within=2022": f"publications with issued within 2020 or 2022, {NEWEST}",
    "created_at__gte=2020-01-01": f"publications with created at from 2020-01-01, {NEWEST}",
    "sort=title": "publications, by title",
    "sort=-year,title": "publications, by year (descending), then title",
    "q=young+people": "publications containing 'young people', best match first",
    "q=care&sort=title": "publications containing 'care', by title",
    f"q={'a' * 199}": f"publications containing '{'a' * 199}', best match first",
    f"q={'a' * 200}": "publications containing the words given, best match first",
}
TREES = {
    """{"or": [{"field": "topic", "value": "consent"}, {"field": "format", "value": "article"}]}""": (
        "format Article or topic Consent"
    ),
    """{"not": {"or": [{"field": "topic", "value": "consent"}, {"field": "format", "value": "article"}]}}""": (
        "not (format Article or topic Consent)"
    ),
    """{"and": [{"field": "year", "value": "2020"},
                {"or": [{"field": "topic", "value": "consent"}, {"field": "format", "value": "article"}]}]}""": (
        "year 2020 and (format Article or topic Consent)"
    ),
}


def test_what_was_asked_is_said(kb: Corpus) -> None:
    with kb.write() as session:
        terms = {"format": ["article"], "topic": ["consent", "ethics", "trust"]}
        make_publication(session, slug="one", title="Care", issued="2020", terms=terms)
    said = {asked: kb.client.json(f"/v1/publications?{asked}")["meta"]["description"] for asked in DESCRIBED}
    assert said == DESCRIBED
    trees = {tree: kb.client.json(f"/v1/publications?query={quote(tree)}") for tree in TREES}
    assert {tree: found["meta"]["description"] for tree, found in trees.items()} == {
        tree: f"publications with {text}, {NEWEST}" for tree, text in TREES.items()
    }
