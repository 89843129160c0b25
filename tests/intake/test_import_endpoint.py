"""`/v1/staff/import`, asked over HTTP."""

import json
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from app.db.sessions import Sessions
from app.intake.api.schemas import EXAMPLES, RIS
from app.intake.formats.source_formats import SOURCE_FORMATS
from app.intake.runs.jobs import IMPORT_JOB
from app.jobs.kinds import GiveUp, by_name
from app.jobs.lease import Job
from app.jobs.models import JobRow
from app.jobs.queue import repeat
from app.jobs.worker import Worker
from app.kit.clock import utc_now
from app.worker import make_worker
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import make_publication
from tests.intake.import_files import ris

PATH = "/v1/staff/import"


@pytest.fixture
def importer(kb: Corpus) -> ApiKeyClient:
    return api_key_client(kb, "imports:write", name="Ida")


def sent(importer: ApiKeyClient, name: str, text: str | bytes, query: str = "", status: int = 200) -> Any:
    media = SOURCE_FORMATS[name].media_types[0]
    return importer.request_json("POST", PATH + query, status, content=text, headers={"Content-Type": media})


def pasted(importer: ApiKeyClient, status: int = 200, query: str = "", **body: Any) -> Any:
    return importer.request_json("POST", PATH + query, status, json=body)


@pytest.mark.parametrize("name", SOURCE_FORMATS)
def test_every_format_is_proposed_and_created(kb: Corpus, importer: ApiKeyClient, name: str) -> None:
    proposed = sent(importer, name, EXAMPLES[name])
    assert (proposed["id"], proposed["state"], proposed["counts"]["proposed"]) == (None, "done", 1)
    [record] = proposed["records"]
    assert record["outcome"] == "proposed"
    assert record["data"]["venue"] == "Journal of Examples"
    assert "people/jan-van-der-berg" in [each["agent"] for each in record["data"]["contributors"]]
    created = sent(importer, name, EXAMPLES[name], "?create=true", 201)
    [record] = created["records"]
    assert record["outcome"] == "created"
    assert record["links"]["entry"] == f"http://127.0.0.1:8000/v1/staff/publications/{record['slug']}"
    assert kb.client.json("/v1/publications")["meta"]["count"] == 0
    again = sent(importer, name, EXAMPLES[name], "?create=true", 201)
    assert [each["outcome"] for each in again["records"]] == ["duplicate"]
    kept = importer.request_json("GET", f"/v1/staff/imports/{created['id']}")
    assert (kept["state"], kept["counts"]["created"], kept["actor"]) == ("done", 1, "Ida")


def test_pasted_text_names_its_format_or_shows_it(importer: ApiKeyClient) -> None:
    assert pasted(importer, text=RIS)["format"] == "ris"
    assert pasted(importer, text=RIS, format="ris")["records"][0]["origin"]["venue"] == "T2"
    for name, text in EXAMPLES.items():
        assert pasted(importer, text=text)["format"] == name


@pytest.mark.parametrize("name", SOURCE_FORMATS)
def test_anything_may_be_pasted_as_it_is(importer: ApiKeyClient, name: str) -> None:
    headers = {"Content-Type": "text/plain"}
    assert importer.request_json("POST", PATH, 200, content=EXAMPLES[name], headers=headers)["format"] == name


def test_a_doi_alone_is_looked_up_where_that_is_allowed(database: str) -> None:
    with closing(Corpus(database, outbound=False)) as offline:
        holder = api_key_client(offline, "imports:write")
        for text in ("10.1093/bjsw/bcac183", " https://doi.org/10.1093/bjsw/bcac183\n"):
            refused = holder("POST", PATH, content=text, headers={"Content-Type": "text/plain"})
            assert problem(refused, 422)["errors"][0]["code"] == "switched-off"
        refused = holder("POST", PATH, content="nothing of the sort", headers={"Content-Type": "text/plain"})
        assert problem(refused, 422)["errors"][0]["code"] == "unknown-format"


def test_duplicates_come_with_links(kb: Corpus, importer: ApiKeyClient) -> None:
    with kb.write() as session:
        make_publication(session, slug="one", title="A title", identifiers=[{"scheme": "doi", "value": "10.1234/a"}])
    [record] = pasted(importer, text=ris("Other", more="DO  - 10.1234/a\n"))["records"]
    assert record["duplicates"] == [
        {
            "kind": "publication",
            "slug": "one",
            "title": "A title",
            "status": "published",
            "why": "It has the same DOI.",
            "certain": True,
            "links": {
                "staff": "http://127.0.0.1:8000/v1/staff/publications/one",
                "public": "http://127.0.0.1:8000/v1/publications/one",
            },
        }
    ]


def test_what_is_alike_is_created_only_if_wished(kb: Corpus, importer: ApiKeyClient) -> None:
    pasted(importer, 201, "?create=true", text=ris("A title"))
    assert pasted(importer, 201, "?create=true", text=ris("A title"))["counts"]["duplicate"] == 1
    assert pasted(importer, 201, "?create=true&similar=true", text=ris("A title"))["counts"]["created"] == 1


def test_refused_records_are_named_and_the_rest_comes_in(importer: ApiKeyClient) -> None:
    answer = pasted(importer, 201, "?create=true", text=ris("One") + "TY  - JOUR\nER  - \n" + ris("Three"))
    assert [(each["outcome"], each["line"], each["reasons"]) for each in answer["records"]] == [
        ("created", 1, []),
        ("refused", 7, ["The record has no title (TI)."]),
        ("created", 9, []),
    ]


def test_a_dry_run_creates_nothing(kb: Corpus, importer: ApiKeyClient) -> None:
    answer = pasted(importer, 201, "?create=true&dry_run=true", text=RIS)
    assert answer["dry_run"] is True
    assert answer["records"][0]["outcome"] == "created"
    assert importer.request_json("GET", "/v1/staff/imports")["meta"]["count"] == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"doi": "10.1234/a", "text": "x"}, ""),
        ({"doi": "nonsense"}, "/doi"),
        ({"text": "nothing that is known"}, "/format"),
        ({"text": ""}, "/text"),
        ({"text": RIS, "format": "word"}, "/format"),
        ({"text": RIS, "more": 1}, "/more"),
        ({"text": 5}, "/text"),
    ],
)
def test_what_cannot_be_understood_is_refused_at_its_place(importer: ApiKeyClient, body: Any, pointer: str) -> None:
    document = problem(importer("POST", PATH, json=body), 422)
    assert [each["pointer"] for each in document["errors"]] == [pointer]
    assert "nonsense" not in json.dumps(document)


def test_other_refusals(importer: ApiKeyClient, kb: Corpus) -> None:
    problem(importer("POST", PATH, content=b"x", headers={"Content-Type": "text/html"}), 415)
    problem(importer("POST", PATH, content=b"{", headers={"Content-Type": "application/json"}), 400)
    problem(importer("POST", PATH, content=b"", headers={"Content-Type": "application/x-bibtex"}), 422)
    problem(importer("POST", PATH + "?creat=true", json={"text": RIS}), 400)
    problem(importer("GET", "/v1/staff/imports/99"), 404)
    problem(api_key_client(kb, "entries:write")("POST", PATH, json={"text": RIS}), 403)
    problem(kb.client.request("POST", PATH, content=b"{"), 401)


def test_a_file_of_many_megabytes_is_taken_and_no_more(kb: Corpus, importer: ApiKeyClient) -> None:
    media = {"Content-Type": "application/x-bibtex"}
    problem(importer("POST", PATH, content=b" " * (33 * 2**20), headers=media), 413)
    problem(importer("POST", PATH, content=b" " * (2 * 2**20), headers=media), 422)
    problem(importer("POST", "/v1/staff/keys", content=b" " * (2 * 2**20), headers=media), 413)


def test_the_template_can_be_sent_back(importer: ApiKeyClient) -> None:
    answer = importer("GET", PATH + "/template.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="template.csv"'
    assert sent(importer, "csv", answer.text, "?create=true", 201)["counts"]["created"] == 1


def test_many_records_are_a_job_with_progress(kb: Corpus, importer: ApiKeyClient) -> None:
    text = "".join(ris(f"Work {number}") for number in range(420))
    response = importer(
        "POST", PATH + "?create=true", content=text, headers={"Content-Type": SOURCE_FORMATS["ris"].media_types[0]}
    )
    assert response.status_code == 202
    begun = response.json()
    assert (begun["state"], begun["counts"]["seen"], begun["records"]) == ("waiting", 0, [])
    address = begun["links"]["self"]
    assert response.headers["location"] == address
    worker = make_worker(kb.service.sessions, kb.service.settings)
    while worker.step():
        pass
    done = importer.request_json("GET", address + "?per_page=100")
    assert (done["state"], done["counts"]["created"]) == ("done", 420)
    assert done["progress"] == {"read": len(text), "of": len(text)}
    pages = [done]
    while (following := pages[-1]["links"]["next"]) is not None:
        pages.append(importer.request_json("GET", following))
    assert [each["slug"] for page in pages for each in page["records"]] == [f"work-{number}" for number in range(420)]
    assert importer.request_json("GET", address + "?outcome=refused")["records"] == []


def test_an_import_that_was_given_up_says_so_until_it_is_taken_up_again(kb: Corpus, importer: ApiKeyClient) -> None:
    def broken(_sessions: Sessions, _job: Job) -> None:
        raise GiveUp("nothing can be read")

    begun = sent(importer, "ris", "".join(ris(f"Work {number}") for number in range(201)), "?create=true", 202)
    worker = Worker(kb.service.sessions, by_name(replace(IMPORT_JOB, handle=broken)))
    assert worker.step()
    shown = importer.request_json("GET", begun["links"]["self"])
    assert (shown["state"], shown["reason"]) == ("failed", "GiveUp: nothing can be read")
    assert [each["state"] for each in importer.request_json("GET", "/v1/staff/imports")["results"]] == ["failed"]
    with kb.write() as session:
        (job,) = session.scalars(select(JobRow).where(JobRow.kind == "import"))
        assert repeat(session, job.id, now=utc_now())
    assert importer.request_json("GET", begun["links"]["self"])["state"] == "waiting"
    while make_worker(kb.service.sessions, kb.service.settings).step():
        pass
    assert importer.request_json("GET", begun["links"]["self"])["counts"]["created"] == 201


def test_many_records_can_be_proposed_only(kb: Corpus, importer: ApiKeyClient) -> None:
    text = "".join(ris(f"Work {number}") for number in range(201))
    begun = sent(importer, "ris", text, status=202)
    worker = make_worker(kb.service.sessions, kb.service.settings)
    while worker.step():
        pass
    done = importer.request_json("GET", begun["links"]["self"])
    assert (done["creates"], done["counts"]["proposed"], done["counts"]["created"]) == (False, 201, 0)
    assert done["records"][0]["data"]["title"] == "Work 0"


def test_a_draft_without_a_format_can_be_made_and_not_published(kb: Corpus) -> None:
    editor = api_key_client(kb)
    answer = sent(editor, "bibtex", "@phdthesis{k, title = {A thesis}}", "?create=true", 201)
    assert answer["records"][0]["outcome"] == "created"
    assert answer["records"][0]["notes"] == [{"name": "type", "value": "thesis"}]
    draft = editor("GET", answer["records"][0]["links"]["entry"])
    assert draft.json()["state"] == "draft"
    publish = editor(
        "POST", "/v1/staff/publications/a-thesis/publish", headers={"If-Match": draft.headers["etag"]}, json={}
    )
    assert [each["pointer"] for each in problem(publish, 422)["errors"]] == ["/terms/format"]
    edited = editor.request_json(
        "PATCH",
        "/v1/staff/publications/a-thesis",
        headers={"If-Match": draft.headers["etag"]},
        json={"terms": {"format": ["book"]}},
    )
    published = editor(
        "POST", "/v1/staff/publications/a-thesis/publish", headers={"If-Match": f'"{edited["version"]}"'}, json={}
    )
    assert published.status_code == 200, published.text
    assert kb.client.slugs("/v1/publications") == ["a-thesis"]
