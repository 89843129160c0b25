"""Asks a running service through a client generated from its description: `python generated_client.py ADDRESS`."""

import sys

from generated_knowledge_base import Client
from generated_knowledge_base.api.explore import get_term, list_entries, list_publications, search_entries
from generated_knowledge_base.models import (
    Condition,
    EntriesPage,
    EntryFacet,
    Format,
    GetTermVocabulary,
    Problem,
    Publication,
    PublicationsPage,
    SearchRequest,
    Stage,
    TermItem,
    Topic,
)


def ask_by_topic(client: Client) -> None:
    page = list_publications.sync(client=client, topic=[Topic.TRUSTWORTHY_INNOVATION])
    assert isinstance(page, PublicationsPage)
    assert page.meta.count > 0
    for each in page.results:
        assert isinstance(each, Publication)
        assert each.kind == "publication"
        assert each.title


def ask_by_stage(client: Client) -> None:
    page = list_entries.sync(client=client, stage=[Stage.MOBILISING], per_page=100)
    assert isinstance(page, EntriesPage)
    assert page.meta.count == len(page.results) > 0
    term = get_term.sync(GetTermVocabulary.STAGES, "mobilising", client=client)
    assert isinstance(term, TermItem)
    assert term.slug == "mobilising"


def ask_by_format_with_counts(client: Client) -> None:
    page = list_entries.sync(
        client=client, format_=[Format.VIDEO, Format.PODCAST], facets=[EntryFacet.FORMAT, EntryFacet.TOPIC]
    )
    assert isinstance(page, EntriesPage)
    assert page.facets
    counted = page.facets["format"].values
    assert {value.slug for value in counted if value.selected} == {"video", "podcast"}
    assert page.facets["topic"].values


def ask_with_a_tree(client: Client) -> None:
    where = Condition.from_dict({"and": [{"field": "stage", "value": "mobilising"}]})
    page = search_entries.sync(client=client, body=SearchRequest(where=where, per_page=5))
    assert isinstance(page, EntriesPage)
    assert page.results


def ask_wrongly(client: Client) -> None:
    problem = list_entries.sync(client=client, per_page=1000)
    assert isinstance(problem, Problem)
    assert problem.status == 400


def main(address: str) -> None:
    questions = (ask_by_topic, ask_by_stage, ask_by_format_with_counts, ask_with_a_tree, ask_wrongly)
    with Client(base_url=address) as client:
        for question in questions:
            question(client)
            print("ok", question.__name__)


if __name__ == "__main__":
    main(sys.argv[1])
