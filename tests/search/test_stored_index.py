"""The index is kept in a folder between two starts. It is written whole or not at all, by one process at a time; it is
believed only where it is what this code wrote of this very past; what goes wrong with it harms no answer."""

import logging
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from app.catalogue.registry import ALL_ENTRIES, SEARCH_SCHEMAS
from app.documents.revisions import PublishedRevision, PublishedRevisionRow, published_revision
from app.search.index import index_folder
from app.search.index.index_folder import LOCK, MANIFEST, UNFINISHED, IndexFolder, IndexInUse
from app.search.index.snapshot import Snapshot
from app.search.index.stored_snapshot import WORDS
from app.search.query.schema_registry import SchemaRegistry
from tests.corpus import Corpus
from tests.factories import make_publication
from tests.published.random_changes import Staff

PATHS = (
    "/v1",
    "/v1/entries?facets=topic,kind,contributor&per_page=100",
    "/v1/entries?sort=title&per_page=100",
    "/v1/entries?q=lantern%20OR%20sketch",
    "/v1/publications?q=zebra&sort=-updated_at",
    "/v1/people?per_page=100",
    "/v1/topics?per_page=100",
    "/v1/autocomplete?q=ze",
    "/v1/entries.csv",
    "/v1/changes?since=0",
)
"""Asked of every index."""


@pytest.fixture
def folder(tmp_path: Path) -> IndexFolder:
    return IndexFolder(tmp_path / "index", SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES))


def write(kb: Corpus, folder: IndexFolder) -> PublishedRevision:
    with kb.service.sessions.read_one_state() as session:
        return folder.write(session)


def opened(kb: Corpus, folder: IndexFolder) -> Snapshot | None:
    with kb.service.sessions.read_one_state() as session:
        found = folder.open(session)
    return None if found is None else found.snapshot


def start(kb: Corpus, folder: IndexFolder) -> Corpus:
    """Another process, which finds the folder."""
    return Corpus(kb.service.settings.database_url, index_directory=str(folder.path), response_memory=0)


def responses(kb: Corpus) -> list[tuple[int, bytes, str | None]]:
    found = [f"/v1/{row.collection}/{row.slug}" for row in list(kb.snapshot.live("entries"))[:20]]
    answers = [kb.client.get(path) for path in (*PATHS, *found)]
    return [(each.status_code, each.content, each.headers.get("etag")) for each in answers]


def folders(folder: IndexFolder) -> list[Path]:
    return sorted(each for each in folder.path.iterdir() if each.is_dir())


@pytest.mark.parametrize("seed", range(2))
def test_a_start_from_the_folder_answers_as_a_start_from_nothing(kb: Corpus, folder: IndexFolder, seed: int) -> None:
    staff = Staff(kb, seed)
    staff.work(15)
    write(kb, folder)
    staff.work(15)
    write(kb, folder)
    staff.work(15)
    with closing(start(kb, folder)) as stored, closing(start(kb, IndexFolder(Path("none"), folder._registry))) as built:
        assert stored.service.index._words._stored is not None
        assert responses(stored) == responses(built)
        staff.work(10)
        assert responses(stored) == responses(built) == responses(kb)


def test_a_start_where_nothing_has_changed_since_answers_the_same(kb: Corpus, folder: IndexFolder) -> None:
    Staff(kb, 2).work(25)
    write(kb, folder)
    with closing(start(kb, folder)) as stored:
        assert stored.service.index._words._stored is not None
        assert responses(stored) == responses(kb)


@pytest.mark.one_engine
def test_what_has_not_changed_is_not_written_again(kb: Corpus, folder: IndexFolder) -> None:
    revision = write(kb, folder)
    before = folders(folder)
    assert write(kb, folder) == revision
    assert folders(folder) == before
    with kb.write() as session:
        make_publication(session, slug="later")
    assert write(kb, folder) > revision
    (after,) = folders(folder)
    assert after not in before


@pytest.mark.one_engine
def test_the_words_of_what_has_not_changed_are_kept_when_it_is_written_again(kb: Corpus, folder: IndexFolder) -> None:
    for slug, title in (("before", "Quartz"), ("later", "Basalt")):
        with kb.write() as session:
            make_publication(session, slug=slug, title=title)
        write(kb, folder)
    with closing(start(kb, folder)) as stored:
        found = [stored.client.slugs(f"/v1/entries?q={word}") for word in ("quartz", "basalt")]
        assert stored.service.index._words._stored is not None
    assert found == [["before"], ["later"]]


@pytest.mark.one_engine
def test_segments_that_stay_are_the_same_files_and_the_lists_of_them_are_not(kb: Corpus, folder: IndexFolder) -> None:
    def files() -> dict[str, int]:
        (written,) = folders(folder)
        return {path.name: path.stat().st_ino for path in (written / WORDS).iterdir()}

    write(kb, folder)
    before = files()
    with kb.write() as session:
        make_publication(session, slug="later")
    write(kb, folder)
    after = files()
    same = {name for name, inode in before.items() if after.get(name) == inode}
    assert {name for name in before if not name.endswith((".json", ".lock"))} == same


@pytest.mark.one_engine
def test_texts_in_other_languages_are_found_by_their_stems(kb: Corpus, folder: IndexFolder) -> None:
    def found(corpus: Corpus) -> tuple[list[str], str | None]:
        """With what was put right."""
        page = corpus.client.json("/v1/entries?q=Haus")
        return [each["slug"] for each in page["results"]], page["meta"]["did_you_mean"]

    with kb.write() as session:
        make_publication(session, slug="house", title="Die Häuser", language="de")
    write(kb, folder)
    with closing(start(kb, folder)) as stored:
        assert found(stored) == (["house"], None)
        with kb.write() as session:
            make_publication(session, slug="later")
        assert found(stored) == (["house"], None)
        assert stored.service.index._words._stored is not None


@pytest.mark.one_engine
def test_a_cursor_of_the_revision_that_is_stored_goes_on(kb: Corpus, folder: IndexFolder) -> None:
    with kb.write() as session:
        for title in "abc":
            make_publication(session, slug=title, title=title)
    following = kb.client.json("/v1/publications?sort=title&per_page=1&cursor=*")["links"]["next"]
    write(kb, folder)
    with closing(start(kb, folder)) as stored:
        assert stored.client.slugs(following) == ["b"]
        assert stored.service.index._words._stored is not None


@pytest.mark.one_engine
def test_nobody_else_may_read_it(kb: Corpus, folder: IndexFolder) -> None:
    write(kb, folder)
    modes = {stat.S_IMODE(each.stat().st_mode) for each in folder.path.rglob("*") if each.suffix != ".lock"}
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert modes == {0o700, 0o600}


def damage_file(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.one_engine
@pytest.mark.parametrize("harm", [damage_file, cut_short, Path.unlink], ids=lambda harm: harm.__name__)
def test_a_damaged_one_is_thrown_away_with_one_line_in_the_log(
    kb: Corpus, folder: IndexFolder, caplog: pytest.LogCaptureFixture, harm: Callable[[Path], None], tmp_path: Path
) -> None:
    write(kb, folder)
    (whole,) = folders(folder)
    kept = tmp_path / "kept"
    shutil.copytree(whole, kept)
    for name in sorted(str(path.relative_to(whole)) for path in whole.rglob("*") if path.is_file()):
        if name.endswith(".lock"):
            continue
        caplog.clear()
        harm(whole / name)
        assert opened(kb, folder) is None, name
        assert [record.levelno for record in caplog.records if record.name == index_folder.__name__] == [
            logging.WARNING
        ]
        assert folders(folder) == []
        shutil.copytree(kept, whole)
    assert opened(kb, folder) is not None


def test_one_of_another_past_is_not_used_and_the_next_writing_replaces_it(kb: Corpus, folder: IndexFolder) -> None:
    write(kb, folder)
    with kb.write() as session:
        latest = session.get_one(PublishedRevisionRow, published_revision(session).number)
        latest.epoch += 1  # a backup was restored, and written to until it had the same number
    assert opened(kb, folder) is None
    write(kb, folder)
    found = opened(kb, folder)
    assert found is not None
    assert found.revision == kb.snapshot.revision
    assert len(folders(folder)) == 1


@pytest.mark.one_engine
def test_one_of_another_version_is_not_used(kb: Corpus, folder: IndexFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    write(kb, folder)
    monkeypatch.setattr(index_folder, "layout_digest", lambda: "another")
    newer = IndexFolder(folder.path, folder._registry)
    assert opened(kb, newer) is None
    assert newer.stored_revision() is None
    write(kb, newer)
    assert opened(kb, newer) is not None
    assert opened(kb, folder) is None


@pytest.mark.one_engine
def test_two_never_write_at_once(kb: Corpus, folder: IndexFolder) -> None:
    write(kb, folder)
    with kb.write() as session:
        make_publication(session, slug="later")
    before = folders(folder)
    with folder._locked(0), pytest.raises(IndexInUse):
        write(kb, folder)
    assert folders(folder) == before
    others = [IndexFolder(folder.path, folder._registry) for _ in range(3)]
    with kb.service.sessions.read_one_state() as session:
        published_revision(session)
    writers = [Thread(target=_write_patiently, args=(kb, each)) for each in others]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert len(folders(folder)) == 1
    found = opened(kb, folder)
    assert found is not None
    assert found.revision == kb.snapshot.revision


def _write_patiently(kb: Corpus, folder: IndexFolder) -> None:
    with kb.service.sessions.read_one_state() as session:
        folder.write(session, patience=60)


@pytest.mark.one_engine
def test_a_full_disk_leaves_what_was_there_and_serving_goes_on(
    kb: Corpus, folder: IndexFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(kb, folder)
    before = folders(folder)
    with kb.write() as session:
        make_publication(session, slug="later", title="A late sketch")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index_folder, "write_snapshot", refuse)
    with pytest.raises(OSError, match="No space left"):
        write(kb, folder)
    assert folders(folder) == before
    with closing(start(kb, folder)) as stored:
        assert stored.client.get("/v1/publications/later").status_code == 200


@pytest.mark.one_engine
def test_what_a_killed_writer_left_is_removed_by_the_next(kb: Corpus, folder: IndexFolder) -> None:
    half = folder.path / f"{UNFINISHED}0"
    (half / "words").mkdir(parents=True)
    (half / "rows").write_text("half")
    assert opened(kb, folder) is None
    write(kb, folder)
    assert half not in folders(folder)
    assert len(folders(folder)) == 1


@pytest.mark.one_engine
def test_it_is_read_while_it_is_replaced(kb: Corpus, folder: IndexFolder) -> None:
    staff = Staff(kb, 5)
    staff.work(10)
    write(kb, folder)
    with closing(start(kb, folder)) as stored:
        staff.work(5)
        write(kb, folder)
        shutil.rmtree(folder.path)
        staff.work(5)
        assert responses(stored) == responses(kb)


def test_it_is_due_where_a_start_would_take_long(
    kb: Corpus, folder: IndexFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_due() -> bool:
        with kb.service.sessions.read() as session:
            return folder.is_due(session)

    with kb.write() as session:
        for number in range(60):
            make_publication(session, slug=f"one-{number}")
    assert not is_due()
    monkeypatch.setattr(index_folder, "MIN_DOCUMENTS", 50)
    assert is_due()
    write(kb, folder)
    assert not is_due()
    with kb.write() as session:
        make_publication(session, slug="another")
    assert not is_due()
    with kb.write() as session:
        for number in range(3):
            make_publication(session, slug=f"two-{number}")
    assert is_due()
    write(kb, folder)
    damage_file(folders(folder)[0] / MANIFEST)
    assert is_due()
    assert (folder.path / LOCK).exists()
