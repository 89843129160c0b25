"""The index is kept in a folder between two starts. It is written whole or not at all, by one process at a time; it is
believed only where it is what this code wrote of this very past; what goes wrong with it harms no answer."""

import logging
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from threading import Thread

import orjson
import pytest
from pyroaring import BitMap

from app.catalogue.registry import ALL_ENTRIES, SEARCH_SCHEMAS
from app.documents.revisions import PublishedRevision, PublishedRevisionRow, published_revision, published_since
from app.search.index import index_folder, stored_snapshot
from app.search.index.index_folder import (
    LOCK,
    MANIFEST,
    UNFINISHED,
    IndexFolder,
    IndexInUse,
    OutOfDate,
    layout_digest,
)
from app.search.index.snapshot import Snapshot
from app.search.index.stored_snapshot import SETS, WORDS, open_snapshot
from app.search.query.schema_registry import SchemaRegistry
from app.search.storage import ordering
from app.search.storage.stored_table import write_table
from app.search.words import frequent_words
from tests.corpus import Corpus
from tests.factories import make_publication, make_vocabulary
from tests.published.random_changes import Staff
from tests.search.order_contents import ids

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
        return folder.write(session, patience=0)


def check(kb: Corpus, folder: IndexFolder) -> PublishedRevision | None:
    with kb.service.sessions.read_one_state() as session:
        return folder.check(session)


def opened(kb: Corpus, folder: IndexFolder) -> Snapshot | None:
    with kb.service.sessions.read_one_state() as session:
        found = folder.open(session)
    return None if found is None else found.snapshot


def start(kb: Corpus, folder: IndexFolder, **settings: int) -> Corpus:
    """Another process, which finds the folder."""
    return Corpus(kb.service.settings.database_url, index_directory=str(folder.path), response_memory=0, **settings)


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
def test_a_start_from_the_folder_reads_all_documents_into_memory(
    kb: Corpus, folder: IndexFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(kb, folder)
    with closing(start(kb, folder)) as stored, monkeypatch.context() as patched:
        index, snapshot = stored.service.index, stored.snapshot
        patched.setattr(index, "_fetch", lambda _ids, _at_least: {})
        ids = [ident for ident, _ in snapshot.revisions.items()]
        assert len(index.bodies(snapshot, ids)) == len(ids) > 0


@pytest.mark.one_engine
@pytest.mark.parametrize(("memory", "quick"), [(0, False), (10**7, True)])
def test_what_memory_has_no_room_for_is_not_quick_after_such_a_start(
    kb: Corpus, folder: IndexFolder, monkeypatch: pytest.MonkeyPatch, memory: int, quick: bool
) -> None:
    write(kb, folder)
    with closing(start(kb, folder, document_memory=memory)) as stored:
        monkeypatch.setattr(stored.service.index, "_far", True)
        assert stored.service.index.is_quick(stored.snapshot) == quick


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
        found = [stored.client.slugs(f"/v1/entries?q={word}") for word in ("quartz", "basalt", "-basalt", "-quartz")]
        completed = [stored.client.json(f"/v1/autocomplete?q={word}") for word in ("quar", "basa")]
        assert stored.service.index._words._stored is not None
    assert found == [["before"], ["later"], ["before"], ["later"]]
    assert completed == [kb.client.json(f"/v1/autocomplete?q={word}") for word in ("quar", "basa")]


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
        damaged = "its manifest" if name == MANIFEST else name
        with pytest.raises((OSError, ValueError), match=name if harm is Path.unlink else f"^{damaged} is damaged$"):
            check(kb, folder)
        assert folders(folder) == [whole]
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
    with pytest.raises(OutOfDate, match=r"^it is of another past of the database$"):
        check(kb, folder)
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
    with pytest.raises(OutOfDate, match=r"^it was written by another version$"):
        check(kb, newer)
    assert opened(kb, newer) is None
    assert newer.stored_revision() is None
    write(kb, newer)
    assert opened(kb, newer) is not None
    assert opened(kb, folder) is None


@pytest.mark.one_engine
def test_what_is_whole_is_checked_as_far_as_it_has_come(kb: Corpus, folder: IndexFolder) -> None:
    assert check(kb, folder) is None
    revision = write(kb, folder)
    with kb.write() as session:
        make_publication(session)
    assert check(kb, folder) == revision < kb.snapshot.revision


@pytest.mark.one_engine
@pytest.mark.parametrize("own", [None, [], {}, {"layout": layout_digest()}, {"layout": layout_digest(), "revision": 1}])
def test_a_manifest_that_other_code_wrote_or_that_is_not_there_is_none(
    kb: Corpus, folder: IndexFolder, own: object
) -> None:
    write(kb, folder)
    path = folders(folder)[0] / MANIFEST
    path.unlink()
    if own is not None:
        text = orjson.dumps(own)
        path.write_bytes(sha256(text).hexdigest().encode() + b"\n" + text)
    assert folder.stored_revision() is None
    assert opened(kb, folder) is None
    assert folders(folder) == []


@pytest.mark.one_engine
def test_a_damaged_one_is_not_used_where_it_cannot_be_thrown_away(
    kb: Corpus, folder: IndexFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    write(kb, folder)
    damage_file(folders(folder)[0] / MANIFEST)
    with folder._locked(0):
        assert opened(kb, folder) is None
    monkeypatch.setattr(shutil, "rmtree", refuse)
    assert opened(kb, folder) is None
    assert len(folders(folder)) == 1


@pytest.mark.one_engine
def test_what_was_opened_is_all_that_was_written(
    seeded: Corpus, folder: IndexFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is changed: every order, every word, and the whole past."""
    for module in (ordering, stored_snapshot):
        monkeypatch.setattr(module, "BLOCK", 50)
    monkeypatch.setattr(frequent_words, "FROM", 10)
    with closing(start(seeded, IndexFolder(Path("none"), folder._registry))) as built:
        write(built, folder)
        found, here = opened(built, folder), built.snapshot
    here.orders.warm()
    assert found is not None
    assert ids(found.orderings) == ids(here.orderings)
    assert ids(found.columns) == ids(here.columns)
    assert found.find("ethics").ids == here.find("ethics").ids != BitMap()
    assert found.words.frequent == here.words.frequent != {}
    with seeded.read() as session:
        assert all(found.history.holds(each) for each in published_since(session, 0))


@pytest.mark.one_engine
def test_the_past_begins_with_the_first_revision(empty_database: str, folder: IndexFolder) -> None:
    with closing(Corpus(empty_database)) as kb:
        with kb.write() as session:
            make_vocabulary(session, "topic", "topics")
        first = write(kb, folder)
        found = opened(kb, folder)
    assert first.number == 1
    assert found is not None
    assert found.history.holds(first)


@pytest.mark.one_engine
def test_what_was_not_written_is_nowhere(kb: Corpus, folder: IndexFolder) -> None:
    write(kb, folder)
    found = opened(kb, folder)
    assert found is not None
    last = max(ident for ident, _ in found.rows.items())
    assert found.revisions.get(last) == found.rows[last].revision
    for ident in (0, last + 1, last + 1000):
        assert (found.rows.get(ident), found.revisions.get(ident)) == (None, None)
    for text in ("nothing", "\ud800"):
        assert found.addresses.get(("topics", text)) is None
        assert not found.posting("slug", text)


@pytest.mark.one_engine
def test_a_table_without_the_documents_of_the_words_is_refused(kb: Corpus, folder: IndexFolder) -> None:
    write(kb, folder)
    (written,) = folders(folder)
    write_table(written / SETS, ())
    with pytest.raises(ValueError, match="nothing says which documents are in it"):
        open_snapshot(written, {}, folder._registry)


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

    def refuse_and_vanish(unfinished: Path, *_: object) -> None:
        shutil.rmtree(unfinished)
        refuse()

    for refusal in (refuse, refuse_and_vanish):
        monkeypatch.setattr(index_folder, "write_snapshot", refusal)
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
    stray = folder.path / f"{UNFINISHED}notes"
    stray.write_text("No folder, and nobody's business.")
    assert opened(kb, folder) is None
    write(kb, folder)
    assert half not in folders(folder)
    assert len(folders(folder)) == 1
    assert stray.exists()


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
    there = len(list(kb.snapshot.rows.items()))
    for least, due in ((there + 1, False), (there, True)):
        monkeypatch.setattr(index_folder, "MIN_DOCUMENTS", least)
        assert is_due() is due
    write(kb, folder)
    assert not is_due()
    with monkeypatch.context() as any_change:
        any_change.setattr(index_folder, "MAX_BEHIND", 0)
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
