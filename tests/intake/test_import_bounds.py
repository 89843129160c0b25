"""What an import answers, whatever it is given: within bounds, and a preview is true."""

import pytest

from app.intake.runs import runner
from app.worker import make_worker
from tests.api_keys import ApiKeyClient
from tests.client import problem
from tests.corpus import Corpus
from tests.intake.import_files import ris
from tests.intake.test_import_endpoint import PATH, importer, sent

__all__ = ["importer"]


def test_what_cannot_be_read_at_all_is_refused_with_the_reasons(importer: ApiKeyClient) -> None:
    nothing = {
        "csl": [
            '[{"title": NaN}]',
            '{"title": "T", "x":' * 900 + "1" + "}" * 900,
            "[NaN]",
            '[{"title": "T"',
            "{" * 9000,
        ],
        "ris": ["TY  - JOUR\nER  - \n", "words\n" * 30],
        "bibtex": ["@article{k, title = }"],
        "csv": ["author\nOne"],
    }
    for name, texts in nothing.items():
        for text in texts:
            for query in ("", "?create=true"):
                document = sent(importer, name, text, query, 422)
                assert document["detail"] == "The text contains no valid record."
                assert {each["code"] for each in document["errors"]} == {"unreadable"}
                assert len(document["errors"]) <= 20
    assert importer.request_json("GET", "/v1/staff/imports")["meta"]["count"] == 0
    deep = sent(importer, "csl", '{"title": "T", "x":' + "[" * 40 + "]" * 40 + "}", "", 422)
    assert [each["message"] for each in deep["errors"]] == ["Line 1: The object is nested more than 32 deep."]


def test_macros_of_macros_cost_nothing_and_say_so(importer: ApiKeyClient) -> None:
    """526 bytes that once answered with a hundred megabytes."""
    text = "@string{a0 = {0123456789}}\n" + "".join(f"@string{{a{n + 1} = a{n} # a{n}}}" for n in range(24))
    text += "@a{k, title = {T}, note = a24}"
    answer = importer("POST", PATH, content=text, headers={"Content-Type": "application/x-bibtex"})
    assert answer.status_code == 200
    assert len(answer.content) < 20_000
    assert answer.json()["records"][0]["reasons"][0].startswith("The macros of the file expand to much more")


def test_an_answer_has_no_more_records_than_fit(kb: Corpus, importer: ApiKeyClient) -> None:
    unclean = "\x01" * 20_000
    text = "".join(ris(f"Work {n} {chr(65 + n % 26) * 30}", more=f"C1  - {n}{unclean}\n") for n in range(45))
    assert len(text) < 2**20
    begun = sent(importer, "ris", text, status=202)
    assert begun["counts"]["seen"] == 0
    made = sent(importer, "ris", text, "?create=true", 201)
    assert made["counts"]["created"] == 45
    shown = [record["number"] for record in made["records"]]
    assert 20 < len(shown) < 45
    rest = importer.request_json("GET", made["links"]["next"])
    assert [*shown, *(record["number"] for record in rest["records"])] == [*range(1, 46)]
    document = problem(importer("GET", f"{made['links']['self']}?per_page=100"), 400)
    [fault] = document["errors"]
    assert fault["parameter"] == "per_page"
    assert importer.request_json("GET", f"{made['links']['self']}?per_page=10")["counts"]["created"] == 45


ONE = "Towards a Map of the Stages of Innovation"
LIKE_EACH_OTHER = {
    "the same twice": (ris(ONE), ris(ONE)),
    "a subtitle more": (ris(ONE), ris(f"{ONE}: a study")),
    "a slip, by the same author": (ris(ONE, author="Zed, Z"), ris(f"Toward{ONE[7:]}", author="Zed, Z")),
    "one DOI": (ris("One", more="DO  - 10.1234/a\n"), ris("Two", more="DO  - 10.1234/A\n")),
    "different years": (ris("Costs of Fishing Boats", year="1999"), ris("Costs of Fishing Boats")),
    "nothing in common": (ris("One"), ris("Two")),
}


@pytest.mark.parametrize("between", [0, 250], ids=["at once", "as a job"])
@pytest.mark.parametrize("similar", ["", "&similar=true"])
def test_a_preview_says_what_creating_does(
    kb: Corpus, importer: ApiKeyClient, between: int, similar: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CHUNK", 100)
    text = "".join(first for first, _ in LIKE_EACH_OTHER.values())
    text += "".join(ris(f"Work {number}", year="1980", author=f"A{number}, B") for number in range(between))
    text += "".join(second for _, second in LIKE_EACH_OTHER.values())

    def settled(query: str) -> list[tuple[str, str, list[str]]]:
        answer = importer("POST", PATH + query, content=text, headers={"Content-Type": "text/plain"}).json()
        if answer["state"] == "waiting":
            while make_worker(kb.service.sessions, kb.service.settings).step():
                pass
            answer = importer.request_json("GET", answer["links"]["self"] + "?per_page=100")
        records = answer["records"]
        while answer["links"]["next"]:
            answer = importer.request_json("GET", answer["links"]["next"])
            records = [*records, *answer["records"]]
        return [(each["slug"], each["outcome"], each["reasons"]) for each in records if "work-" not in each["slug"]]

    preview = settled(f"?create=false{similar}")
    done = settled(f"?create=true{similar}")
    assert [(slug, outcome.replace("created", "proposed"), why) for slug, outcome, why in done] == preview
    outcomes = [outcome for _, outcome, _ in preview[len(LIKE_EACH_OTHER) :]]
    left_out = ["proposed"] * 3 if similar else ["duplicate"] * 3
    assert outcomes == [*left_out, "duplicate", "proposed", "proposed"]
