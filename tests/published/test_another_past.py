"""A backup was restored, and written to until it had the same revision: nothing that was made before holds any more."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app.db.engine import is_sqlite, sqlite3
from app.ops.database.backup import backup_sqlite
from tests.corpus import Corpus
from tests.databases import Databases, PostgresqlServer
from tests.factories import make_publication

Restore = Callable[[], None]
PATHS = ("/v1", "/v1/publications", "/v1/publications?q=sketch&facets=topic", "/v1/publications/one", "/v1/entries.csv")


def back_up(kb: Corpus, databases: Databases, folder: Path) -> Restore:
    """Returns what puts the database back to what it is now, under the running service."""
    engine = kb.service.sessions.engine
    name = make_url(kb.service.settings.database_url).database
    if is_sqlite(engine):
        copy = folder / "backup.sqlite"
        backup_sqlite(engine, copy)

        def restore() -> None:
            source, target = sqlite3.connect(copy), sqlite3.connect(name)
            source.backup(target)
            source.close()
            target.close()

        return restore
    server = databases.server
    assert isinstance(server, PostgresqlServer)
    server.admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name])
    server.admin.execute(f'CREATE DATABASE "{name}_backup" TEMPLATE "{name}" STRATEGY file_copy')

    def restore_postgresql() -> None:
        server.admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        server.admin.execute(f'ALTER DATABASE "{name}_backup" RENAME TO "{name}"')

    return restore_postgresql


def publish(kb: Corpus, slug: str, **values: str) -> None:
    with kb.write() as session:
        make_publication(session, slug=slug, **values)


@pytest.fixture
def in_another_past(kb: Corpus, databases: Databases, tmp_path: Path) -> Callable[[], None]:
    """Publishes `lost`; the function goes back to before it, and publishes `kept` with the same revision."""
    publish(kb, "one", title="A sketch")
    publish(kb, "two", title="Another sketch")
    restore = back_up(kb, databases, tmp_path)
    publish(kb, "lost", title="A lost sketch")

    def go_back() -> None:
        restore()
        publish(kb, "kept", title="A kept sketch")

    return go_back


def test_what_is_gone_is_not_served(kb: Corpus, in_another_past: Callable[[], None]) -> None:
    before = kb.client.json("/v1/publications?sort=slug")
    assert kb.client.json("/v1/publications/lost")["slug"] == "lost"
    in_another_past()
    after = kb.client.json("/v1/publications?sort=slug")
    assert [each["slug"] for each in after["results"]] == ["kept", "one", "two"]
    assert kb.client.get("/v1/publications/lost").status_code == 404
    assert after["meta"]["revision"] == before["meta"]["revision"]
    assert after["meta"]["epoch"] != before["meta"]["epoch"]


def test_no_copy_of_the_lost_past_is_called_right(kb: Corpus, in_another_past: Callable[[], None]) -> None:
    lists = [path for path in PATHS if not path.endswith("/one")]
    before = {path: kb.client.get(path).headers for path in lists}
    in_another_past()
    for path, headers in before.items():
        assert kb.client.get(path, if_none_match=headers["etag"]).status_code == 200


def test_a_copy_of_what_is_the_same_is_still_right(kb: Corpus, in_another_past: Callable[[], None]) -> None:
    tag = kb.client.get("/v1/publications/one").headers["etag"]
    in_another_past()
    assert kb.client.get("/v1/publications/one", if_none_match=tag).status_code == 304


def test_a_cursor_of_the_lost_past_is_refused(kb: Corpus, in_another_past: Callable[[], None]) -> None:
    path = "/v1/publications?sort=slug&per_page=1&cursor="
    cursor = kb.client.json(f"{path}*")["meta"]["next_cursor"]
    assert kb.client.get(path + cursor).status_code == 200
    in_another_past()
    message = "A backup was restored since this cursor was issued; start again with `*`."
    assert kb.client.refused(path + cursor)["errors"] == [
        {"parameter": "cursor", "code": "foreign-cursor", "message": message}
    ]


def test_memory_has_nothing_for_a_snapshot_of_the_lost_past(kb: Corpus, in_another_past: Callable[[], None]) -> None:
    """Another document may have the same number there, of the same revision."""
    index, before = kb.service.index, kb.snapshot
    ids = [row.id for row in before.live("publications")]
    assert {*index.cached_bodies(before, ids)} == {*ids}
    in_another_past()
    after = kb.snapshot
    assert {*index.cached_bodies(after, ids)} == {*ids}
    assert index.cached_bodies(before, ids) == {}


def test_a_cursor_from_before_the_backup_goes_on(
    kb: Corpus, databases: Databases, tmp_path: Path, open_another: Callable[[], Corpus]
) -> None:
    publish(kb, "one")
    publish(kb, "two")
    path = "/v1/publications?sort=slug&per_page=1&cursor="
    cursor = kb.client.json(f"{path}*")["meta"]["next_cursor"]
    restore = back_up(kb, databases, tmp_path)
    publish(kb, "lost")
    restore()
    publish(kb, "zero")
    for each in (kb, open_another()):
        assert [found["slug"] for found in each.client.json(path + cursor)["results"]] == ["two"]


def test_what_was_never_written_to_again_is_noticed_too(kb: Corpus, databases: Databases, tmp_path: Path) -> None:
    restore = back_up(kb, databases, tmp_path)
    publish(kb, "lost")
    assert kb.client.slugs("/v1/publications") == ["lost"]
    restore()
    assert kb.client.slugs("/v1/publications") == []


def test_the_same_number_without_a_question_between_starts_over(
    kb: Corpus, in_another_past: Callable[[], None], open_another: Callable[[], Corpus]
) -> None:
    """Another service over the same database, which nobody asked meanwhile."""
    other = open_another()
    assert other.client.slugs("/v1/publications?sort=slug") == ["lost", "one", "two"]
    in_another_past()
    for path in PATHS:
        assert other.client.get(path).content == kb.client.get(path).content
