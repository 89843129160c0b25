"""`kb import`, as somebody at a terminal sees it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.catalogue.kinds import publications
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.intake.api.schemas import EXAMPLES
from app.intake.formats.workbook import write_workbook
from app.staff.queries.subjects import load
from app.staff.workflow.steps import edit
from app.staff.workflow.transitions import submit
from tests.cli.conftest import Run
from tests.factories import EDITOR, NOW, make_publication
from tests.intake.import_files import ris
from tests.waiting import wait_until


@pytest.fixture
def count(seeded_url: str) -> Callable[[str], int]:
    """How many entries are of a status, among those that were imported."""

    def ask(status: str) -> int:
        engine = make_engine(seeded_url)
        with engine.connect() as connection:
            statement = text(
                "SELECT count(*) FROM entry WHERE status = :status AND kind = 'publication' "
                "AND id IN (SELECT source FROM revision WHERE actor = 'cli' AND kind = 'publication')"
            )
            found = connection.execute(statement, {"status": status}).scalar_one()
        engine.dispose()
        return int(found)

    return ask


@contextmanager
def writing(url: str) -> Iterator[Session]:
    sessions = Sessions(make_engine(url))
    try:
        with sessions.write() as session:
            yield session
    finally:
        sessions.dispose()


def change(session: Session, slug: str, /, **values: Any) -> None:
    """As staff do."""
    subject = load(session, publications.KIND, slug)
    edit(session, subject, publications.KIND.input.model_validate({**subject.data, **values}), by=EDITOR, now=NOW)


@pytest.mark.parametrize(("ending", "name"), [("bib", "bibtex"), ("ris", "ris"), ("json", "csl"), ("csv", "csv")])
def test_a_file_of_each_format_becomes_drafts(
    run: Run, seeded_url: str, tmp_path: Path, count: Callable[[str], int], ending: str, name: str
) -> None:
    file = tmp_path / f"references.{ending}"
    file.write_text(EXAMPLES[name], encoding="utf-8")
    result = run("import", str(file), KB_DATABASE_URL=seeded_url)
    assert result.exit_code == 0, result.output
    assert (count("draft"), count("published")) == (1, 0)
    again = run("import", str(file), KB_DATABASE_URL=seeded_url)
    assert again.exit_code == 0
    assert count("draft") == 1


def test_published_at_once_and_refused_records_with_file_line_and_reason(
    run: Run, seeded_url: str, tmp_path: Path, count: Callable[[str], int]
) -> None:
    file = tmp_path / "references.txt"
    file.write_text(ris("One") + "TY  - JOUR\nER  - \n" + ris("Two"), encoding="utf-8")
    result = run("import", str(file), "--publish", KB_DATABASE_URL=seeded_url)
    assert result.exit_code == 0, result.output
    assert count("published") == 2
    assert "references.txt:7: The record has no title (TI)." in result.output


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("none.ris", (), "No such file"),
        ("odd.txt", (), "the format is not recognised"),
        ("odd.txt", ("--format", "word"), "--format must be one of bibtex, ris, csl, csv."),
    ],
)
def test_what_cannot_be_imported_is_said(
    run: Run, seeded_url: str, tmp_path: Path, name: str, options: tuple[str, ...], expected: str
) -> None:
    (tmp_path / "odd.txt").write_text("nothing", encoding="utf-8")
    result = run("import", str(tmp_path / name), *options, KB_DATABASE_URL=seeded_url)
    assert result.exit_code == 1
    assert expected in result.output


def test_killed_and_begun_again_it_doubles_nothing(
    run: Run, seeded_url: str, tmp_path: Path, environment: dict[str, str], count: Callable[[str], int]
) -> None:
    file = tmp_path / "references.ris"
    file.write_text("".join(ris(f"Work {number}") for number in range(1500)), encoding="utf-8")
    command = [sys.executable, "-m", "app.cli.main", "import", str(file), "--publish"]
    settings = environment | {"KB_DATABASE_URL": seeded_url}
    process = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: count("published") > 0 or process.poll() is not None)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = count("published")
    assert 0 < done < 1500
    result = run("import", str(file), "--publish", KB_DATABASE_URL=seeded_url)
    assert result.exit_code == 0, result.output
    assert f"Resuming after record {done}." in result.output
    assert count("published") == 1500
    assert run("rebuild", KB_DATABASE_URL=seeded_url).output.startswith("Every document was correct.")


def test_what_was_imported_as_drafts_is_published_when_that_is_requested(
    run: Run, seeded_url: str, tmp_path: Path, count: Callable[[str], int]
) -> None:
    """Whatever their slugs are now; not what somebody has worked on since."""
    file = tmp_path / "some.ris"
    file.write_text("".join(ris(f"Work {number}") for number in range(5)), encoding="utf-8")
    assert run("import", str(file), KB_DATABASE_URL=seeded_url).exit_code == 0
    assert (count("draft"), count("published")) == (5, 0)
    with writing(seeded_url) as session:
        change(session, "work-1", summary="Another.")
        change(session, "work-2", slug="renamed")
        submit(session, load(session, publications.KIND, "work-3"), by=EDITOR, now=NOW)
    second = run("import", str(file), "--publish", KB_DATABASE_URL=seeded_url)
    assert second.exit_code == 0, second.output
    assert "3 draft(s) of an earlier import of this file are published now." in second.stdout
    assert second.stderr.splitlines()[-3:] == [
        "2 draft(s) of an earlier import of this file were worked on since, and are not published.",
        "publications/work-1: Since then: summary.",
        "publications/work-3: Since then: submit.",
    ]
    assert (count("draft"), count("in_review"), count("published")) == (1, 1, 3)
    with writing(seeded_url) as session:
        assert load(session, publications.KIND, "renamed").state == "published"
    third = run("import", str(file), "--publish", KB_DATABASE_URL=seeded_url)
    assert third.exit_code == 0
    assert "published now" not in third.stdout
    assert run("rebuild", KB_DATABASE_URL=seeded_url).output.startswith("Every document was correct.")


def test_a_draft_of_somebody_with_the_slug_that_an_imported_one_had_is_not_published(
    run: Run, seeded_url: str, tmp_path: Path, count: Callable[[str], int]
) -> None:
    file = tmp_path / "some.ris"
    file.write_text(ris("Work"), encoding="utf-8")
    assert run("import", str(file), KB_DATABASE_URL=seeded_url).exit_code == 0
    with writing(seeded_url) as session:
        change(session, "work", slug="renamed")
        make_publication(session, slug="work", title="Of their own", as_draft=True)
    assert run("import", str(file), "--publish", KB_DATABASE_URL=seeded_url).exit_code == 0
    with writing(seeded_url) as session:
        states = {slug: load(session, publications.KIND, slug).state for slug in ("work", "renamed")}
    assert states == {"work": "draft", "renamed": "published"}


def test_a_draft_that_cannot_be_published_is_named_with_the_reason(
    run: Run, seeded_url: str, tmp_path: Path, count: Callable[[str], int]
) -> None:
    """A table says nothing of the format, which what is published must have."""
    file = tmp_path / "some.csv"
    file.write_text("title,authors\nA tale of two towns,Lee Sam\n", encoding="utf-8")
    assert run("import", str(file), KB_DATABASE_URL=seeded_url).exit_code == 0
    second = run("import", str(file), "--publish", KB_DATABASE_URL=seeded_url)
    assert second.exit_code == 0
    assert second.stderr.splitlines()[-2:] == [
        "1 draft(s) of an earlier import of this file cannot be published, and stay drafts.",
        "publications/a-tale-of-two-towns: /terms/format: Choose one of “Formats”.",
    ]
    assert (count("draft"), count("published")) == (1, 0)


def test_with_four_eyes_nobody_publishes_what_they_import(
    run: Run, seeded_url: str, tmp_path: Path, count: Callable[[str], int]
) -> None:
    file = tmp_path / "some.ris"
    file.write_text(ris("Seen by two"), encoding="utf-8")
    settings = {"KB_DATABASE_URL": seeded_url, "KB_FOUR_EYES": "true"}
    refused = run("import", str(file), "--publish", **settings)
    assert (refused.exit_code, "Import drafts instead" in refused.stderr) == (1, True)
    assert run("import", str(file), **settings).exit_code == 0
    assert (count("draft"), count("published")) == (1, 0)


def test_a_workbook_is_read_as_a_table(run: Run, seeded_url: str, tmp_path: Path, count: Callable[[str], int]) -> None:
    file = tmp_path / "references.xlsx"
    file.write_bytes(write_workbook({"Entries": [["title", "authors"], ["From a workbook", "Lee, Sam"]]}))
    result = run("import", str(file), KB_DATABASE_URL=seeded_url)
    assert (result.exit_code, count("draft")) == (0, 1), result.output
    file.write_bytes(file.read_bytes()[:2000] + b"xl/workbook")
    result = run("import", str(file), KB_DATABASE_URL=seeded_url)
    assert result.exit_code == 1
    assert "It may be damaged. Save it as CSV".lower() in " ".join(result.output.split()).lower()
