"""What the index answers follows from the documents alone: in whatever order they came, whatever they were before, and
whatever was asked meanwhile, every answer has the same bytes."""

import dataclasses
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from urllib.parse import quote

import orjson
import pytest
from sqlalchemy.orm import Session

from app.catalogue.registry import ALL_ENTRIES, BY_NAME, SEARCH_SCHEMAS
from app.documents.store import DocumentState, StoredDocument, changed_since
from app.search.index.builder import SnapshotBuilder, empty
from app.search.index.snapshot import Snapshot
from app.search.index.stored_snapshot import WORDS, open_snapshot, write_snapshot
from app.search.query.schema_registry import SchemaRegistry
from app.search.scoring import scores
from app.search.words import engine, frequent_words, word_sets
from app.search.words.updated_engine import StoredWords
from app.search.words.word_index import WordIndex
from tests.conftest import fill_with_seeds
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import change, make_publication, withdraw

Answers = dict[str, tuple[int, bytes, str | None]]

FOREIGN = 1_000_000
"""From here on ids of documents that are no more."""

TEXTS = (
    "ethics", "ethics trust", "trust OR harm", '"social care"', "social -care", "-social", "co-production",
    "how do we work with young people at risk of harm outside the home", "inovation", "transitonal safegarding",
    "ofsted", "the", "zzz", "practice research", "care young people families practice innovation work",
)  # fmt: skip
PREFIXES = ("e", "s", "t", "so", "saf", "soc ca", "innov", "young pe", "dr", "ethics", "z")


def fill(session: Session) -> None:
    """Seed data, and what staff do to it: withdrawn, renamed, corrected, and alike."""
    fill_with_seeds(session)
    doi = [{"scheme": "doi", "value": "10.1234/withdrawn"}]
    make_publication(session, slug="withdrawn-one", title="Ethics withdrawn", identifiers=doi)
    withdraw(session, BY_NAME["publication"], "withdrawn-one")
    make_publication(session, slug="renamed-before", title="Renamed ethics")
    change(session, BY_NAME["publication"], "renamed-before", slug="renamed-after", title="Renamed ethics of trust")
    for number in range(40):
        make_publication(session, slug=f"alike-{number}", title="Ethics of care", summary="The same words of trust.")


@pytest.fixture(scope="module")
def kb(databases_of: Callable[[str], Databases]) -> Iterator[Corpus]:
    databases = databases_of("sqlite")
    with closing(Corpus(databases.template("one-truth", fill), response_memory=0)) as found:
        yield found


@pytest.fixture(scope="module")
def documents(kb: Corpus) -> list[StoredDocument]:
    with kb.read() as session:
        return list(changed_since(session, 0))


@pytest.fixture(scope="module")
def paths(kb: Corpus) -> list[str]:
    """What is asked: every sort of answer, in every collection, for texts that find much, little and nothing."""
    found = ["/v1", "/openapi.json", "/v1/publications/10.1234%2Fwithdrawn", "/v1/publications/renamed-before"]
    collections = [each["name"] for each in kb.client.json("/v1")["collections"]]
    for name in collections:
        described = kb.client.json(f"/v1/{name}/fields")
        path, facets = f"/v1/{name}", ",".join(described["facets"][:10])
        found += [f"{path}/fields", f"{path}?facets={facets}&facet_size=7" if facets else path]
        found += [
            f"{path}?sort={sign}{field['name']}"
            for field in described["fields"]
            if field["sortable"]
            for sign in ("", "-")
        ]
        found += [f"{path}?group_by={each}&per_page=2&facet_size=5" for each in described["facets"]]
        found += [f"{path}?sample=5&seed=3", f"{path}?cursor=*&per_page=3", f"{path}?nonsense=1"]
        found += [f"{path}/{row.slug}" for row in list(kb.snapshot.live(name))[:8]]
        found += [f"{path}?{field['name']}=etics" for field in described["fields"] if field["type"] == "term"]
    for text in TEXTS:
        asked_for = f"/v1/entries?q={quote(text)}"
        found += [asked_for, f"{asked_for}&page=2&per_page=10", f"{asked_for}&facets=topic,kind,contributor"]
        found += [
            f"{asked_for}&group_by=topic&per_page=2&facet_size=4",
            f"{asked_for}&highlight=true",
            f"{asked_for}&sort=title",
        ]
        found += [f"/v1/publications?q={quote(text)}&per_page=100", f"/v1/topics?q={quote(text)}"]
    found += [f"/v1/autocomplete?q={quote(prefix)}&limit=20" for prefix in PREFIXES]
    entries = [f"/v1/{row.collection}/{row.slug}" for row in kb.snapshot.live("entries")]
    return [*found, *(f"{entry}/related?limit=20" for entry in entries[::7])]


def history(documents: list[StoredDocument], random: Random) -> list[StoredDocument]:
    """Ends with these documents, in some order; before that some were others, withdrawn, or stood elsewhere."""
    events: list[tuple[float, StoredDocument]] = []
    for stored in documents:
        last = random.uniform(0.5, 1)
        events.append((last, stored))
        events += [
            (random.uniform(0, last), _earlier(stored, documents, random)) for _ in range(random.choice((0, 0, 1, 2)))
        ]
        if random.random() < 0.1:
            foreign = dataclasses.replace(_earlier(stored, documents, random), id=FOREIGN + stored.id, slug=stored.slug)
            events.append((random.uniform(0, 0.4), foreign))
    return [stored for _, stored in sorted(events, key=lambda event: event[0])]


def _earlier(stored: StoredDocument, documents: list[StoredDocument], random: Random) -> StoredDocument:
    """What might have stood there: with the texts of another, withdrawn, or at another address."""
    body = orjson.loads(stored.body)
    revision = random.randrange(1, stored.revision + 1) - 1
    slug = random.choice((stored.slug, f"{stored.slug}-before"))
    if stored.kind == "vocabulary":
        body["label"] = f"Before {body.get('label')}"
        return dataclasses.replace(stored, revision=revision, body=orjson.dumps(body))
    if stored.state is not DocumentState.live or random.random() < 0.2:
        gone = {"kind": stored.kind, "slug": slug, "identifiers": body.get("identifiers", [])}
        return dataclasses.replace(
            stored, revision=revision, slug=slug, state=DocumentState.gone, body=orjson.dumps(gone)
        )
    alike = [each for each in documents if (each.collection, each.state) == (stored.collection, DocumentState.live)]
    return dataclasses.replace(stored, revision=revision, slug=slug, body=random.choice(alike).body)


def index(kb: Corpus, events: list[StoredDocument], random: Random, folder: Path | None = None) -> Snapshot:
    """Taken in as they come, some at a time; readers ask meanwhile. With a folder, some of them are stored there first,
    and what has been stored is changed and stored again."""
    words = WordIndex()
    snapshot = empty(SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES), words.commit())
    place = 0
    if folder is not None:
        halfway, place = sorted(random.sample(range(1, len(events)), 2))
        first, stored = store(snapshot, None, events[:halfway], folder / "first")
        shutil.copytree(folder / "first" / WORDS, folder / "second" / WORDS)
        snapshot, stored = store(first, stored, events[halfway:place], folder / "second")
        words = WordIndex(stored)
    while place < len(events):
        size = random.choice((1, 5, 50, 400))
        builder = SnapshotBuilder(snapshot, words)
        for event in events[place : place + size]:
            builder.add_document(event)
        snapshot = builder.finish(kb.snapshot.revision)
        place += size
        if ALL_ENTRIES in snapshot.registry.collections:
            _ = snapshot.words.frequent, snapshot.find(random.choice(TEXTS)), snapshot.orders.default_sort(ALL_ENTRIES)
            list(snapshot.orders.walk(ALL_ENTRIES, snapshot.default_order(ALL_ENTRIES), snapshot.members(ALL_ENTRIES)))
    snapshot.history.extend([snapshot.revision])
    return snapshot


def store(
    before: Snapshot, stored: StoredWords | None, events: list[StoredDocument], folder: Path
) -> tuple[Snapshot, StoredWords]:
    """What was written to the folder, after these events, and read again."""
    (folder / WORDS).mkdir(parents=True, exist_ok=True)
    words = WordIndex(stored, folder / WORDS)
    words.commit()
    builder = SnapshotBuilder(before, words)
    for event in events:
        builder.add_document(event)
    snapshot = builder.finish(before.revision)
    words.writer.wait_merging_threads()
    return open_snapshot(folder, write_snapshot(folder, snapshot, words), SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES))


def answers(kb: Corpus, snapshot: Snapshot, paths: list[str]) -> Answers:
    """Status, body and tag of each; what a cursor leads to as well."""
    kb.service.index.snapshot = snapshot
    found = {}
    for path in paths:
        answer = kb.client.get(path)
        content = re.sub(rb'"instance": "[^"]*"', b"", answer.content)
        found[path] = answer.status_code, content, answer.headers.get("etag")
        following = answer.json()["links"]["next"] if "cursor=" in path and answer.status_code == 200 else None
        if following:
            again = kb.client.get(following)
            found[f"{path} and on"] = again.status_code, again.content, again.headers["etag"]
    return found


@pytest.fixture(scope="module")
def straight(kb: Corpus, documents: list[StoredDocument], paths: list[str]) -> Answers:
    """Of what was built from these documents alone."""
    return answers(kb, index(kb, documents, Random(0)), paths)


def choose_ways(monkeypatch: pytest.MonkeyPatch, random: Random) -> None:
    """Of several ways to the same answer, by how many documents there are."""
    for module, bound in ((word_sets, "MANY"), (engine, "MOST_AT_ONCE"), (scores, "FEW")):
        monkeypatch.setattr(module, bound, random.choice((0, 20, 2_000)))


@pytest.mark.parametrize("seed", range(4))
def test_every_answer_has_the_same_bytes_whatever_came_before(
    kb: Corpus,
    documents: list[StoredDocument],
    paths: list[str],
    straight: Answers,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    random = Random(seed)
    assert {status for status, _, _ in straight.values()} == {200, 301, 400, 410}
    monkeypatch.setattr(frequent_words, "FROM", random.choice((10, 30, 10**6)))
    choose_ways(monkeypatch, random)
    roundabout = answers(kb, index(kb, history(documents, random), random), paths)
    different = [path for path, answer in straight.items() if roundabout[path] != answer]
    assert different == []


@pytest.mark.parametrize("seed", range(3))
def test_what_was_stored_and_changed_answers_as_if_it_had_been_built(
    kb: Corpus,
    documents: list[StoredDocument],
    paths: list[str],
    straight: Answers,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    seed: int,
) -> None:
    random = Random(seed)
    monkeypatch.setattr(frequent_words, "FROM", random.choice((10, 30, 10**6)))
    choose_ways(monkeypatch, random)
    reopened = answers(kb, index(kb, history(documents, random), random, tmp_path), paths)
    different = [path for path, answer in straight.items() if reopened[path] != answer]
    assert different == []
