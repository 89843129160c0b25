"""The file of an embedded database is taken away or replaced under the running service."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.db import reopening_reader
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.kit.errors import Unavailable
from app.ops.database.backup import backup_sqlite
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, make_publication

PATHS = ("/v1", "/v1/publications", "/v1/publications/one", "/health/ready")


@pytest.fixture
def file(databases_of: Callable[[str], Databases], tmp_path: Path) -> Path:
    databases = databases_of("sqlite")
    template = databases.template("furnished", add_details)
    path = tmp_path / "kb.sqlite"
    shutil.copyfile(template.removeprefix("sqlite:///"), path)
    return path


@pytest.fixture
def kb(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Corpus]:
    """The file is looked for at every request, not two hundred times a second."""
    monkeypatch.setattr(reopening_reader, "CHECK_INTERVAL", 0.0)
    with closing(Corpus(f"sqlite:///{file}")) as found:
        publish(found, "one")
        yield found


def publish(kb: Corpus, slug: str) -> None:
    with kb.write() as session:
        make_publication(session, slug=slug)


def statuses(kb: Corpus) -> set[int]:
    return {kb.client.get(path).status_code for path in PATHS}


def remove_shared(file: Path) -> None:
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def test_nothing_is_answered_from_a_file_without_a_name(kb: Corpus, file: Path) -> None:
    assert statuses(kb) == {200}
    file.unlink()
    assert statuses(kb) == {503}
    assert kb.client.get("/health/live").status_code == 200
    assert kb.client.get("/v1/publications").headers["retry-after"] == "5"


def test_nothing_is_written_to_a_file_without_a_name(kb: Corpus, file: Path) -> None:
    file.unlink()
    with pytest.raises(Unavailable):
        publish(kb, "lost")
    assert not file.exists()


def test_what_went_into_a_file_that_was_taken_away_meanwhile_is_not_called_written(kb: Corpus, file: Path) -> None:
    def write() -> None:
        with kb.write() as session:
            make_publication(session, slug="lost")
            session.flush()
            file.unlink()

    with pytest.raises(Unavailable):
        write()


def test_a_file_that_comes_back_is_served_again(kb: Corpus, file: Path, tmp_path: Path) -> None:
    file.rename(tmp_path / "aside")
    assert statuses(kb) == {503}
    (tmp_path / "aside").rename(file)
    assert statuses(kb) == {200}
    publish(kb, "two")
    assert sorted(kb.client.slugs("/v1/publications")) == ["one", "two"]


def test_a_restored_backup_is_served_as_soon_as_it_is_there(kb: Corpus, file: Path, tmp_path: Path) -> None:
    backup_sqlite(kb.service.sessions.engine, tmp_path / "backup")
    publish(kb, "lost")
    assert kb.client.get("/v1/publications/lost").status_code == 200
    remove_shared(file)
    (tmp_path / "backup").rename(file)
    assert kb.client.slugs("/v1/publications") == ["one"]
    publish(kb, "kept")
    assert sorted(kb.client.slugs("/v1/publications")) == ["kept", "one"]
    assert statuses(kb) == {200}
    with closing(Corpus(f"sqlite:///{file}")) as another:
        assert another.client.json("/v1/publications") == kb.client.json("/v1/publications")


def test_documents_are_read_from_the_new_file_though_nothing_in_it_is_new(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reopening_reader, "CHECK_INTERVAL", 0.0)
    with closing(Corpus(f"sqlite:///{file}", document_memory=0)) as kb:
        publish(kb, "one")
        assert kb.client.get("/v1/publications/one").status_code == 200
        backup_sqlite(kb.service.sessions.engine, tmp_path / "backup")
        remove_shared(file)
        (tmp_path / "backup").rename(file)
        publish(kb, "two")
        assert kb.client.get("/v1/publications/two").status_code == 200


def test_the_log_of_the_file_before_is_never_taken_for_that_of_the_new_one(
    kb: Corpus, file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite would write its pages into the new file."""
    backup_sqlite(kb.service.sessions.engine, tmp_path / "backup")
    publish(kb, "lost")
    (tmp_path / "backup").rename(file)
    assert statuses(kb) == {503}
    assert f"{file}-wal" in caplog.text
    remove_shared(file)
    assert statuses(kb) == {200}
    assert kb.client.slugs("/v1/publications") == ["one"]


def test_two_engines_go_over_to_the_new_file_together(kb: Corpus, file: Path, tmp_path: Path) -> None:
    other = Sessions(make_engine(f"sqlite:///{file}"))
    with other.write() as session:
        make_publication(session, slug="two")
    backup_sqlite(kb.service.sessions.engine, tmp_path / "backup")
    remove_shared(file)
    (tmp_path / "backup").rename(file)
    with other.write() as session:
        make_publication(session, slug="three")
    assert sorted(kb.client.slugs("/v1/publications")) == ["one", "three", "two"]
    other.engine.dispose()
