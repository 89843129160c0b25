"""What is added as CONTRIBUTING.md says gets everything the others of its sort have."""

import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import make_url

from tests.conftest import fill_with_seeds
from tests.databases import Databases
from tests.recipes.cookbook import CHANNEL, DATA, FIELD, FORMAT, KIND, OWN_KIND, PAGE, VOCABULARY, Copy, changed
from tests.waiting import free_port, wait_for_service, wait_until

WRITE_A_DRAFT = """
data = {
    "slug": "secret",
    "title": "Zweckverband",
    "repository": "Nowhere yet",
    "terms": {"format": ["report"], "technique": ["survey"]},
    "identifiers": [{"scheme": "doi", "value": "10.1000/secret"}],
}
saved("dataset", data, as_draft=True)
"""
READ_THE_IMPORT = """
rows = session.scalars(select(EntryRow).where(EntryRow.title.startswith("Imported")).order_by(EntryRow.title))
print(json.dumps([[row.title[9:], row.kind, getattr(row, "repository", None)] for row in rows]))
"""
FUND_A_PROJECT = """
saved("organisation", {"slug": "imaginary-fund", "name": "Imaginary Fund"})
saved("project", {"slug": "funded-study", "title": "A funded study", "funder": "organisations/imaginary-fund"})
"""
RENAME_THE_FUNDER = """
row = find(session, BY_NAME["organisation"], "imaginary-fund")
saved("organisation", {"slug": "dream-fund", "name": "Dream Fund"}, row)
"""
MERGE_THE_FUNDER = """
pair = [load(session, BY_NAME["organisation"], slug) for slug in ("dream-fund", "university-of-sussex")]
merge(session, *pair, by="somebody", now=utc_now())
"""


@dataclass
class Grown:
    """The copy after all recipes, served."""

    copy: Copy
    change_set: dict[str, set[str]] = field(default_factory=dict)
    client: httpx.Client = field(default_factory=httpx.Client)

    def json(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text[:500]}"
        return answer.json()

    def slugs(self, path: str) -> list[str]:
        return [each["slug"] for each in self.json(path)["results"]]

    def walk(self, path: str) -> list[str]:
        """Slugs of every page, two at a time."""
        following: str | None = f"{path}&cursor=*&per_page=2"
        found: list[str] = []
        while following:
            page = self.json(following)
            found += [each["slug"] for each in page["results"]]
            following = page["links"]["next"]
        return found


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, databases_of: Callable[[str], Databases]) -> Iterator[Grown]:
    """A project that was in use, then changed by every recipe, migrated, seeded and served."""
    in_use = databases_of("sqlite").template("seeded", fill_with_seeds)
    copy = Copy(tmp_path_factory.mktemp("project"), Path(str(make_url(in_use).database)))
    grown = Grown(copy)
    for recipe in (FIELD, KIND, OWN_KIND, VOCABULARY, FORMAT, CHANNEL, PAGE):
        before = copy.files()
        copy.cook(recipe)
        grown.change_set[recipe.name] = changed(before, copy.files())
    copy.edit(DATA)
    copy.kb("seed")
    port = free_port()
    with (
        subprocess.Popen(
            [sys.executable, "-m", "app.cli.main", "serve", "--port", str(port)],
            cwd=copy.root,
            env=copy.environment,
            stdout=subprocess.DEVNULL,
        ) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as grown.client,
    ):
        try:
            wait_for_service(str(grown.client.base_url), server)
            wait_until(lambda: all("technique" in terms for terms in terms_shown(grown)))
            yield grown
        finally:
            server.terminate()


def terms_shown(grown: Grown) -> list[dict[str, Any]]:
    """The terms of every entry."""
    return [entry["terms"] for entry in entries(grown)]


# --- what a recipe costs


def migration_of(files: set[str], name: str) -> str:
    (found,) = (
        file for file in files if re.fullmatch(rf"migrations/versions/\d{{4}}(_\d\d){{2}}_\d{{4}}_{name}\.py", file)
    )
    return found


def test_a_field_is_one_file_and_a_migration(grown: Grown) -> None:
    change_set = grown.change_set[FIELD.name]
    migration = migration_of(change_set, "word_count_of_publications")
    assert change_set == {"app/catalogue/kinds/publications.py", migration}
    made = (grown.copy.root / migration).read_text(encoding="utf-8")
    assert re.findall(r"batch_op\.(\w+)\(", made) == ["add_column", "drop_column"]


def test_a_kind_is_one_file_a_line_a_migration_and_a_seed_file(grown: Grown) -> None:
    change_set = grown.change_set[KIND.name]
    migration = migration_of(change_set, "datasets")
    assert change_set == {
        "app/catalogue/kinds/datasets.py",
        "app/catalogue/registry.py",
        migration,
        "seed_data/datasets.yaml",
    }
    made = (grown.copy.root / migration).read_text(encoding="utf-8")
    assert re.findall(r"op\.(create_\w+|drop_\w+|add_\w+|batch_\w+)\(", made) == ["create_table", "drop_table"]


def test_a_kind_of_its_own_is_one_file_a_line_a_migration_and_a_seed_file(grown: Grown) -> None:
    change_set = grown.change_set[OWN_KIND.name]
    migration = migration_of(change_set, "projects")
    assert change_set == {
        "app/catalogue/kinds/projects.py",
        "app/catalogue/registry.py",
        migration,
        "seed_data/projects.yaml",
    }


def test_a_vocabulary_is_seed_data(grown: Grown) -> None:
    assert grown.change_set[VOCABULARY.name] == {"seed_data/techniques.yaml", "seed_data/vocabularies.yaml"}


def test_a_format_is_one_file_and_one_line(grown: Grown) -> None:
    assert grown.change_set[FORMAT.name] == {"app/exports/plain.py", "app/exports/formats.py"}


def test_a_channel_is_a_file_a_member_and_its_lines_in_the_worker(grown: Grown) -> None:
    assert grown.change_set[CHANNEL.name] == {
        "app/notices.py",
        "app/feed/deliveries.py",
        "app/worker.py",
        "pyproject.toml",
    }


def test_a_page_is_a_template_and_a_route(grown: Grown) -> None:
    assert grown.change_set[PAGE.name] == {
        "app/pages/endpoints/colophon_page.py",
        "app/pages/templates/colophon.html",
        "app/main.py",
    }


def test_the_grown_project_passes_its_own_checks_and_is_seeded_already(grown: Grown) -> None:
    copy = grown.copy
    copy.run("ruff", "check", "app", "migrations")
    copy.run("ruff", "format", "--check", "migrations")
    models, sound, rebuilt, seeded = copy.kb("check --models", "check", "rebuild", "seed --dry-run")
    assert models.endswith("The migrations make the tables that the models describe.\n")
    assert sound == "No problems found.\n"
    assert rebuilt == "Every document was correct.\n"
    assert "unchanged" in seeded
    assert not re.search("created|updated|kept", seeded)


# --- the kind


def test_the_new_kind_is_listed_and_shown(grown: Grown) -> None:
    (listed,) = (each for each in grown.json("/v1")["collections"] if each["name"] == "datasets")
    assert listed["count"] == 4
    assert grown.slugs("/v1/datasets?sort=slug") == [
        "interviews-with-practitioners",
        "observation-notes",
        "policy-documents",
        "survey-of-services",
    ]
    one = grown.json("/v1/datasets/doi:10.1000/interviews")
    assert (one["kind"], one["repository"], one["records"], one["collected"]) == (
        "dataset",
        "UK Data Service",
        40,
        "2021-06",
    )


@pytest.mark.parametrize(
    ("question", "slugs"),
    [
        ("repository=UK+Data+Service", {"interviews-with-practitioners", "survey-of-services"}),
        ("repository__not=UK+Data+Service", {"observation-notes", "policy-documents"}),
        ("repository__exists=false", {"observation-notes"}),
        ("records=40", {"interviews-with-practitioners", "observation-notes"}),
        ("records__gte=41", {"survey-of-services"}),
        ("collected=2021", {"interviews-with-practitioners"}),
        ("collected__lte=2020-12", {"survey-of-services"}),
        ("technique=qualitative", {"interviews-with-practitioners", "observation-notes"}),
        ("technique__exact=qualitative", set()),
        ("technique=interview&technique=survey", {"interviews-with-practitioners", "survey-of-services"}),
        ("technique__exists=false", {"policy-documents"}),
        ("topic=innovation-in-social-care", {"interviews-with-practitioners"}),
        ("author=michelle-lefevre", {"interviews-with-practitioners"}),
        ("q=figshare", {"policy-documents"}),
        ("q=conversation", {"interviews-with-practitioners"}),
    ],
)
def test_the_new_kind_is_filtered_by_its_own_fields_and_by_all_others(
    grown: Grown, question: str, slugs: set[str]
) -> None:
    assert set(grown.slugs(f"/v1/datasets?{question}")) == slugs


def test_the_new_kind_is_asked_in_json(grown: Grown) -> None:
    where = {
        "and": [{"field": "records", "op": "lte", "value": 40}, {"not": {"field": "technique", "value": "survey"}}]
    }
    answer = grown.client.post("/v1/datasets/search", json={"where": where})
    assert [each["slug"] for each in answer.json()["results"]] == ["interviews-with-practitioners", "observation-notes"]


def test_the_new_kind_is_among_all_entries(grown: Grown) -> None:
    assert set(grown.slugs("/v1/entries?kind=dataset")) == set(grown.slugs("/v1/datasets"))
    facet = grown.json("/v1/entries?facets=kind&per_page=1")["facets"]["kind"]["values"]
    assert {each["slug"]: each["count"] for each in facet}["dataset"] == 4


def test_facets_of_the_new_kind_count_what_is_there(grown: Grown) -> None:
    facets = grown.json("/v1/datasets?facets=repository,technique,year")["facets"]
    counted = {name: {each["slug"]: each["count"] for each in facet["values"]} for name, facet in facets.items()}
    assert counted["repository"] == {"UK Data Service": 2, "Figshare": 1}
    assert counted["year"] == {"2022": 2, "2020": 1}
    assert {name: counted["technique"][name] for name in ("interview", "observation", "survey")} == {
        "interview": 1,
        "observation": 1,
        "survey": 1,
    }
    assert {name: facet["missing"] for name, facet in facets.items()} == {"repository": 1, "technique": 1, "year": 1}


def test_a_cursor_walk_is_the_list_in_every_order(grown: Grown) -> None:
    fields = grown.json("/v1/datasets/fields")["fields"]
    sortable = [each["name"] for each in fields if each["sortable"]]
    assert {"records", "collected", "issued", "title"} <= set(sortable)
    for order in (*sortable, *(f"-{name}" for name in sortable), "issued,-records", "-records,collected"):
        assert grown.walk(f"/v1/datasets?sort={order}") == grown.slugs(f"/v1/datasets?sort={order}")


def test_what_can_be_queried_of_the_new_kind_is_reported(grown: Grown) -> None:
    described = grown.json("/v1/datasets/fields")
    fields = {each["name"]: each for each in described["fields"]}
    assert fields["records"]["type"] == "integer"
    assert fields["repository"]["facetable"]
    assert {each["slug"] for each in fields["technique"]["values"]} == {
        "qualitative",
        "interview",
        "observation",
        "survey",
    }
    assert {"repository", "technique"} <= set(described["facets"])


def test_an_unknown_field_of_the_new_kind_is_refused_with_its_nearest(grown: Grown) -> None:
    answer = grown.client.get("/v1/datasets?repositry=x")
    assert answer.status_code == 400
    assert "repository" in answer.text


def test_a_draft_of_the_new_kind_leaks_nowhere(grown: Grown) -> None:
    public = [
        "/v1",
        "/v1/datasets",
        "/v1/entries?per_page=100",
        "/v1/datasets?facets=repository,technique,year",
        "/v1/datasets.csv",
        "/v1/datasets.txt",
        "/v1/techniques",
        "/v1/datasets?q=zweckverband",
        "/openapi.json",
    ]
    before = {path: grown.client.get(path).content for path in public}
    grown.copy.write(WRITE_A_DRAFT)
    assert {path: grown.client.get(path).content for path in public} == before
    for key in ("secret", "doi:10.1000/secret", "secret.ris"):
        assert grown.client.get(f"/v1/datasets/{key}").status_code == 404


def test_what_is_imported_becomes_the_new_kind_where_that_claims_its_type(grown: Grown) -> None:
    records = [{"type": "dataset", "title": "Imported notes", "publisher": "Figshare", "issued": {"raw": "2021"}}]
    records.append({"type": "book", "title": "Imported book"})
    (grown.copy.root / "imported.json").write_bytes(orjson.dumps(records))
    (output,) = grown.copy.kb("import imported.json --format csl")
    assert re.search(r"created\W+2", output)
    assert orjson.loads(grown.copy.write(READ_THE_IMPORT)) == [
        ["book", "publication", None],
        ["notes", "dataset", "Figshare"],
    ]


# --- the kind of its own


def test_a_kind_of_its_own_is_listed_shown_and_asked(grown: Grown) -> None:
    assert grown.slugs("/v1/projects") == ["imagined-study", "unpaid-study"]
    assert grown.slugs("/v1/projects?sort=-start") == ["unpaid-study", "imagined-study"]
    assert grown.slugs("/v1/projects?q=imagined") == ["imagined-study"]
    assert grown.slugs("/v1/projects?funder=university-of-sussex") == ["imagined-study"]
    one = grown.json("/v1/projects/imagined-study")
    assert (one["kind"], one["end"], one["funder"]["label"]) == ("project", "2022", "University of Sussex")
    assert one["url"].endswith("/v1/projects/imagined-study")
    assert "imagined-study" not in grown.slugs("/v1/entries?per_page=100")
    described = grown.json("/openapi.json")
    assert {"/v1/projects", "/v1/projects/{slug}", "/v1/staff/projects"} <= described["paths"].keys()
    assert {"start__gte", "funder"} <= asked_by(described, "/v1/projects")


def test_what_a_kind_of_its_own_names_is_public_and_said_by_its_present_name(grown: Grown) -> None:
    """An agent that only a project names is there while it does; renamed and merged, it is so in the project."""
    organisation = "/v1/organisations/imaginary-fund"
    assert grown.client.get(organisation).status_code == 404
    grown.copy.write(FUND_A_PROJECT)
    assert grown.json(organisation)["name"] == "Imaginary Fund"
    assert grown.json("/v1/projects/funded-study")["funder"]["label"] == "Imaginary Fund"
    grown.copy.write(RENAME_THE_FUNDER)
    moved = grown.client.get(organisation)
    assert (moved.status_code, moved.headers["location"].rpartition("/")[2]) == (301, "dream-fund")
    assert grown.json("/v1/projects/funded-study")["funder"]["slug"] == "dream-fund"
    grown.copy.write(MERGE_THE_FUNDER)
    assert grown.json("/v1/projects/funded-study")["funder"]["slug"] == "university-of-sussex"
    assert grown.copy.kb("check") == ["No problems found.\n"]


# --- the vocabulary


def test_the_new_vocabulary_is_a_collection_and_a_field_of_every_kind(grown: Grown) -> None:
    assert set(grown.slugs("/v1/techniques")) == {"qualitative", "interview", "observation", "survey"}
    assert grown.json("/v1/vocabularies/technique")["collection"] == "techniques"
    for collection in ("publications", "frameworks", "sites", "events", "entries", "datasets"):
        assert "technique" in {each["name"] for each in grown.json(f"/v1/{collection}/fields")["fields"]}
        facet = grown.json(f"/v1/{collection}?facets=technique&per_page=1")["facets"]["technique"]
        assert sum(each["count"] for each in facet["values"] if each["slug"] == "survey") == (
            1 if collection in ("entries", "datasets") else 0
        )


def test_the_new_vocabulary_is_in_every_document_old_ones_too(grown: Grown) -> None:
    vocabularies = set(grown.slugs("/v1/vocabularies?per_page=100"))
    assert all(terms.keys() == vocabularies - {"synonym"} for terms in terms_shown(grown))
    assert sum(bool(terms["technique"]) for terms in terms_shown(grown)) == 3


# --- the field


def test_the_new_field_is_in_every_document_old_ones_too(grown: Grown) -> None:
    publications = grown.json("/v1/publications?per_page=100")["results"]
    counts = Counter(each["word_count"] for each in publications)
    assert counts == {9000: 1, None: len(publications) - 1}


def test_the_new_field_is_asked_sorted_and_selected(grown: Grown) -> None:
    (found,) = grown.json("/v1/publications?word_count__gte=8000&select=slug,word_count")["results"]
    assert found["word_count"] == 9000
    assert grown.slugs("/v1/publications?sort=-word_count")[0] == found["slug"]
    assert "word_count" not in grown.json("/v1/datasets/policy-documents")


# --- the format


def test_every_format_is_there_for_the_new_kind_and_the_new_one_for_every_kind(grown: Grown) -> None:
    formats = {each["name"]: each for each in grown.json("/v1")["formats"]}
    offered = grown.json("/v1/publications/fields")["formats"]
    assert "plain" in offered
    assert grown.json("/v1/datasets/fields")["formats"] == offered
    for name in offered:
        each = formats[name]
        for path in ("/v1/datasets", "/v1/datasets/policy-documents", "/v1/entries", "/v1/publications"):
            by_name = grown.client.get(path, params={"as": name})
            by_extension = grown.client.get(f"{path}.{each['extension']}")
            by_type = grown.client.get(path, headers={"Accept": each["media_type"].split(";")[0]})
            assert {answer.status_code for answer in (by_name, by_extension, by_type)} == {200}
            assert by_name.headers["content-type"] == each["media_type"]
            assert by_type.headers["content-type"] == each["media_type"]
            if name != "json":
                assert by_name.content == by_extension.content == by_type.content


def test_the_new_format_says_what_it_should(grown: Grown) -> None:
    assert grown.client.get("/v1/datasets.txt?sort=slug").text.splitlines() == [
        "Interviews with practitioners (2022)",
        "Observation notes",
        "Documents on policy (2020)",
        "Survey of services (2022)",
    ]


def test_the_new_kind_is_cited_as_what_it_is(grown: Grown) -> None:
    (cited,) = orjson.loads(grown.client.get("/v1/datasets/policy-documents.csl").content)
    assert (cited["type"], cited["publisher"]) == ("dataset", "Figshare")
    assert grown.client.get("/v1/datasets/policy-documents.ris").text.startswith("TY  - DATA")


def test_the_description_names_all_of_it(grown: Grown) -> None:
    described = grown.json("/openapi.json")
    paths = described["paths"]
    assert {"/v1/datasets", "/v1/datasets/{slug}", "/v1/datasets/search"} <= paths.keys()
    assert "techniques" in described["components"]["parameters"]["vocabulary"]["schema"]["enum"]
    schemas = described["components"]["schemas"]
    assert {"repository", "records", "collected"} <= schemas["DatasetPart"]["properties"].keys()
    assert "word_count" in schemas["PublicationPart"]["properties"]
    assert {"repository", "records__gte", "collected__lte", "technique"} <= asked_by(described, "/v1/datasets")
    assert "word_count__gte" in asked_by(described, "/v1/publications")
    assert "text/plain" in str(paths["/v1/datasets"]["get"]["responses"]["200"]["content"].keys())


def asked_by(described: dict[str, Any], path: str) -> set[str]:
    """The names of the parameters of a list, wherever they are described."""
    shared = described["components"]["parameters"]
    own = described["paths"][path]["get"]["parameters"]
    return {shared[each["$ref"].rpartition("/")[2]]["name"] if "$ref" in each else each["name"] for each in own}


# --- the channel


def test_the_new_channel_sends_each_entry_once_and_shares_the_ledger(grown: Grown) -> None:
    published = [each["url"].partition("/v1/")[2] for each in entries(grown)]
    wait_until(lambda: ledger(grown) == {("notice", "sent"): len(published)})
    sent = (grown.copy.root / "var" / "notices").read_text(encoding="utf-8").splitlines()
    assert sorted(sent) == sorted(published)


def entries(grown: Grown) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = grown.json("/v1/entries?per_page=100")["results"]
    return found


def ledger(grown: Grown) -> dict[tuple[str, str], int]:
    """Deliveries by channel and state."""
    with closing(sqlite3.connect(grown.copy.root / "var" / "kb.sqlite")) as connection:
        rows = connection.execute("SELECT channel, state, count(*) FROM delivery GROUP BY channel, state")
        return {(channel, state): count for channel, state, count in rows}


# --- the page


def test_the_new_page_is_escaped_and_served_as_the_others_are(grown: Grown) -> None:
    page = grown.client.get("/colophon", params={"maker": "<Ada & others>"})
    assert page.status_code == 200
    assert "<h1>Colophon</h1>" in page.text
    assert "<p>Made by &lt;Ada &amp; others&gt;.</p>" in page.text
    alike = ("content-type", "content-security-policy", "cache-control")
    other = grown.client.get("/problems").headers
    assert [page.headers[name] for name in alike] == [other[name] for name in alike]


# --- the contract


def test_the_contract_of_every_kind_holds_for_the_new_one(grown: Grown) -> None:
    grown.copy.bring_contract()
    output = grown.copy.run("pytest", "tests/contract", "-q", "-p", "no:cacheprovider", "-k", "dataset and sqlite")
    assert re.search(r"^\d+ passed, \d+ deselected in", output, re.MULTILINE)
