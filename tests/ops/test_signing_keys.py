"""The file of secrets belongs to its database: nothing begins with another one, or without one."""

import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.kit.signing_keys import SigningKeys
from app.mailing.consent import suppression
from app.mailing.models import SuppressionReason
from app.ops.signing_keys import WrongSecrets, check_secrets, settle_secrets
from tests.cli.conftest import Run, environment, own_logging, run
from tests.mailing.subscriber_service import ADDRESS, SubscriberService

__all__ = ["environment", "own_logging", "run"]

PEOPLE = ("subscribers", "import", "people.csv", "--basis", "On paper.")
NEED_SECRETS = [("worker",), ("serve",), ("subscribers", "import-suppressions", "left.csv"), PEOPLE, ("check",)]


@pytest.fixture
def kb_run(run: Run, database: str, tmp_path: Path) -> Run:
    """`kb` over the database of the test, in a folder with a list of people and one of those who left."""
    (tmp_path / "people.csv").write_text(f"address\n{ADDRESS}\n")
    (tmp_path / "left.csv").write_text("what,name,reason,key,at\r\n")
    return lambda *arguments, **more: run(*arguments, **{"KB_DATABASE_URL": database} | more)


def test_a_new_database_gets_a_file_of_its_own(kb_run: Run, tmp_path: Path) -> None:
    """Apart from where the database is."""
    assert kb_run("check").exit_code == 0
    assert not (tmp_path / "secrets").exists()
    assert kb_run(*PEOPLE).exit_code == 0
    made = tmp_path / "secrets" / "signing-keys"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert "there" in kb_run("secrets", "list").stdout
    assert kb_run("check").exit_code == 0


@pytest.mark.parametrize("wrong", ["missing", "another", "unreadable"])
@pytest.mark.parametrize("command", NEED_SECRETS, ids=" ".join)
def test_nothing_begins_without_the_secrets_of_its_database(
    kb_run: Run, tmp_path: Path, command: tuple[str, ...], wrong: str
) -> None:
    """Said with what it means and what to do; and no other file is made in its place."""
    assert kb_run("subscribers", "export-suppressions").exit_code == 0
    made = tmp_path / "secrets" / "signing-keys"
    (key_id,) = SigningKeys(made).fingerprints()
    made.unlink()
    if wrong != "missing":
        made.write_text("no secret\n" if wrong == "unreadable" else "5e" * 32 + "\n")
    result = kb_run(*command)
    assert result.exit_code == 1, result.output
    message = " ".join(result.stderr.split())
    for each in (
        str(made.relative_to(tmp_path)),
        key_id,
        "suppressed addresses are not recognised",
        "kb secrets accept-loss",
    ):
        assert each in message
    assert made.exists() is (wrong != "missing")


def test_who_left_is_not_brought_back_by_a_restore_without_secrets(kb_run: Run, database: str, tmp_path: Path) -> None:
    """A database of a time before fingerprints: its hashes tell which secrets it was used with."""
    secrets = tmp_path / "secrets" / "signing-keys"
    with closing(SubscriberService(database, secrets)) as readers, readers.write() as session:
        suppression.suppress(
            session, readers.context.signing_keys, ADDRESS, SuppressionReason.unsubscribe, now=readers.now
        )
    kept = secrets.read_text()
    for found in (None, "5e" * 32 + "\n"):
        secrets.unlink() if found is None else secrets.write_text(found)
        assert kb_run("check").exit_code == 1
        assert kb_run(*PEOPLE).exit_code == 1
    secrets.write_text(kept)
    assert kb_run("check").exit_code == 0
    assert "suppressed │ 1" in " ".join(kb_run(*PEOPLE).stdout.replace("│", " │ ").split())


def test_an_older_installation_goes_on_with_its_file(kb_run: Run, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    SigningKeys(tmp_path / "var" / "secrets").make()
    assert kb_run(*PEOPLE).exit_code == 0
    (key_id,) = SigningKeys(tmp_path / "var" / "secrets").fingerprints()
    assert key_id in kb_run("secrets", "list").stdout
    assert not (tmp_path / "secrets").exists()


def test_a_secret_that_is_added_is_wanted_from_then_on(kb_run: Run, tmp_path: Path) -> None:
    kb_run("subscribers", "export-suppressions")
    made = tmp_path / "secrets" / "signing-keys"
    before = made.read_text()
    assert kb_run("secrets", "rotate").exit_code == 0
    assert len(SigningKeys(made).fingerprints()) == 2
    assert kb_run("check").exit_code == 0
    made.write_text(before)
    assert kb_run("check").exit_code == 1


def test_the_loss_is_accepted_by_who_types_it(kb_run: Run, database: str, tmp_path: Path) -> None:
    """What was lost is named and counted; found again, it is good again."""
    assert kb_run(*PEOPLE).exit_code == 0
    made = tmp_path / "secrets" / "signing-keys"
    kept, (key_id,) = made.read_text(), SigningKeys(made).fingerprints()
    assert kb_run("secrets", "accept-loss").exit_code == 1
    assert kb_run("subscribers", "erase", ADDRESS).exit_code == 0
    made.unlink()
    result = kb_run("secrets", "accept-loss", "--confirm", "yes")
    assert (result.exit_code, made.exists()) == (1, False)
    assert "1 hash(es) of people who unsubscribed" in result.output
    assert kb_run("secrets", "accept-loss", "--confirm", f"lose {key_id}").exit_code == 0
    assert kb_run("check").exit_code == 0
    states = kb_run("secrets", "list").stdout
    assert ("lost" in states, "there" in states) == (True, True)
    made.write_text(kept + made.read_text())
    assert kb_run("subscribers", "export-suppressions").exit_code == 0
    assert "lost" not in kb_run("secrets", "list").stdout


def test_of_two_machines_that_start_at_once_one_is_refused(empty_database: str, tmp_path: Path) -> None:
    """Each with a folder of its own: the second must not go on with a file that it made itself."""
    sessions = Sessions(make_engine(empty_database))

    def begin(name: str) -> bool:
        signing_keys = SigningKeys(tmp_path / name / "secrets")
        try:
            settle_secrets(sessions, signing_keys, now=utc_now())
        except WrongSecrets:
            return False
        with sessions.read() as session:
            check_secrets(session, signing_keys)
        return True

    with ThreadPoolExecutor(4) as pool:
        begun: list[bool] = [*pool.map(begin, "abcd")]
    sessions.engine.dispose()
    assert sorted(begun) == [False, False, False, True]
    assert len([*tmp_path.glob("*/secrets")]) == 1


def test_a_list_of_other_secrets_is_refused(kb_run: Run, tmp_path: Path) -> None:
    (tmp_path / "left.csv").write_text(
        f"what,name,reason,key,at\r\nsuppression,{'0' * 64},unsubscribe,0badc0de,2026-03-01T09:00:00Z\r\n"
    )
    result = kb_run("subscribers", "import-suppressions", "left.csv")
    assert (result.exit_code, "0badc0de" in result.stderr) == (1, True)
