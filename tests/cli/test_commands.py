"""Every command of `kb`: what it says, what it does, how it fails."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from alembic import command as alembic_command
from typer.testing import Result

from app.cli.context import report_file_errors
from app.cli.main import run as run_kb
from app.cli.settings_table import settings_markdown, with_settings
from app.config.setting_names import FORMER_NAMES
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.schema.migrations import alembic_config, migration_connection, schema_version
from tests.databases import Databases, PostgresqlServer

Run = Callable[..., Result]
KB = [sys.executable, "-m", "app.cli.main"]
COMMANDS = ["backup", "check", "migrate", "openapi", "rebuild", "seed", "serve", "settings"]
NEED_TABLES = [["seed"], ["rebuild"], ["backup", "copy.sqlite"], ["serve"]]
CREATED = re.compile(r"│ created +│ (\d+) ")


def test_help_names_every_command(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert set(COMMANDS) <= set(re.findall(r"^  (\w+) ", result.stdout, re.MULTILINE))


def test_a_flag_is_shown_without_a_value(run: Run) -> None:
    shown = run("import", "--help").stdout
    assert re.findall(r"^  (--\w+(?: <\w+>)?)  ", shown, re.MULTILINE) == [
        "--format <str>",
        "--publish",
        "--similar",
        "--help",
    ]


def test_from_nothing_to_a_sound_knowledge_base(run: Run) -> None:
    migrated = run("migrate")
    assert (migrated.exit_code, migrated.output) == (0, "The tables are up to date.\n")
    foretold, seeded, again = run("seed", "--dry-run"), run("seed"), run("seed")
    created = CREATED.findall(foretold.stdout)
    assert len(created) == 1
    assert CREATED.findall(seeded.stdout) == created
    assert re.search(rf"│ unchanged │ {created[0]} ", again.stdout)
    assert run("check").stdout == "No problems found.\n"


@pytest.mark.parametrize("command", NEED_TABLES, ids=" ".join)
def test_a_command_before_the_migration_says_what_to_do(run: Run, command: list[str], tmp_path: Path) -> None:
    result = run(*command)
    assert result.exit_code == 1
    assert result.stderr == (
        f"There is no database at {tmp_path}/kb.sqlite. Run this command in the folder of your knowledge base or set "
        "KB_DATABASE_URL; `kb init` sets up a new one.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_seed_file_is_shown_line_by_line(run: Run, seeded_url: str, tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "people.yaml").write_text("collection: people\nitems:\n  - {slug: a, nam: B}\n", encoding="utf-8")
    result = run("seed", str(seeds), KB_DATABASE_URL=seeded_url)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "people.yaml:3: /name: Field required",
        "people.yaml:3: /nam: Extra inputs are not permitted",
        f"Nothing was changed: 2 problem(s) in {seeds}.",
    ]


def test_rebuild_and_check_find_nothing_after_seeding(run: Run, seeded_url: str) -> None:
    assert run("rebuild", KB_DATABASE_URL=seeded_url).stdout == "Every document was correct.\n"
    assert run("check", KB_DATABASE_URL=seeded_url).stdout == "No problems found.\n"


def test_check_finds_what_rebuild_puts_right(run: Run, seeded_url: str, damage: Callable[[str], None]) -> None:
    damage(seeded_url)
    result = run("check", KB_DATABASE_URL=seeded_url)
    assert result.exit_code == 1
    assert result.stderr.startswith("1 document(s) differ from the catalogue: run `kb rebuild` to correct them.")
    assert run("rebuild", KB_DATABASE_URL=seeded_url).stdout == "1 document(s) were corrected.\n"
    assert run("check", KB_DATABASE_URL=seeded_url).exit_code == 0


def test_check_of_the_models_needs_no_database(run: Run, tmp_path: Path) -> None:
    result = run("check", "--models")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("The migrations make the tables that the models describe.\n")
    assert not (tmp_path / "kb.sqlite").exists()


def test_backup_writes_a_verified_copy_once(run: Run, tmp_path: Path) -> None:
    assert run("migrate").exit_code == 0
    first = run("backup", "copy.sqlite")
    assert re.fullmatch(r"copy\.sqlite: [\d,]+ bytes, verified\.\n", first.stdout)
    second = run("backup", "copy.sqlite")
    assert (second.exit_code, second.stderr) == (1, "copy.sqlite already exists. A backup never overwrites a file.\n")
    assert run("check", KB_DATABASE_URL=f"sqlite:///{tmp_path}/copy.sqlite").exit_code == 0


def test_openapi_is_written_and_compared(run: Run, tmp_path: Path) -> None:
    assert run("openapi", "--write", "openapi.json").exit_code == 0
    described = json.loads((tmp_path / "openapi.json").read_text(encoding="utf-8"))
    assert described["openapi"].startswith("3.1")
    assert run("openapi", "--check", "openapi.json").exit_code == 0
    described["info"]["title"] = "Another"
    (tmp_path / "openapi.json").write_text(json.dumps(described), encoding="utf-8")
    result = run("openapi", "--check", "openapi.json")
    assert result.exit_code == 1
    assert "openapi.json differs from what is served. Run `make openapi`" in result.stderr
    assert run("openapi", "--check", "missing.json").exit_code == 1


def test_settings_are_shown_with_every_variable(run: Run) -> None:
    rows = run("settings").stdout.splitlines()
    assert rows[0] == "| variable | default | meaning |"
    assert [row.split("`")[1] for row in rows[2:]] == [f"KB_{name.upper()}" for name in Settings.model_fields]
    assert all(not row.endswith("| None |") for row in rows)


def test_current_settings_are_shown_with_their_origin_and_without_secrets(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KB_TITLE=Our knowledge\nKB_KEY_PACE=7\nKB_PORT=8080\n", encoding="utf-8")
    result = run(
        "settings",
        "--current",
        KB_PORT="8081",
        KB_DATABASE_URL="postgresql+psycopg://kb:secret@host/kb",
        KB_BOUNCE_SECRET="secret" * 10,
        KB_REPLICA_URL="postgresql+psycopg://host/kb?user=kb&password=secretsecret&port=5433",
    )
    assert {
        "KB_REPLICA_URL=postgresql+psycopg://host/kb?user=kb&password=(secret)&port=5433  # environment",
        "KB_TITLE=Our knowledge  # .env",
        "KB_KEY_RATE_LIMIT=7  # .env",
        "KB_PORT=8081  # environment",
        "KB_HOST=127.0.0.1  # default",
        "KB_DATABASE_URL=postgresql+psycopg://kb:(secret)@host/kb  # environment",
        "KB_BOUNCE_SECRET=(secret)  # environment",
    } <= set(result.stdout.splitlines())
    assert "secretsecret" not in result.output


def test_secrets_that_are_files_are_settings(run: Run, tmp_path: Path) -> None:
    secrets = tmp_path / "credentials"
    secrets.mkdir()
    own = {
        "kb_database_url": "postgresql+psycopg://kb:secret@host/kb\n",
        "KB_SMTP_USER": "kb",
        "kb_smtp_password": "secret\n",
        "kb_key_pace": "7",
        "kb_title": "Of the file",
        "database-password": "not ours",
    }
    for name, text in own.items():
        (secrets / name).write_text(text, encoding="utf-8")
    given = {"CREDENTIALS_DIRECTORY": str(secrets), "KB_DATABASE_URL": "", "KB_TITLE": "Of the environment"}
    result = run("settings", "--current", **given)
    assert {
        "KB_DATABASE_URL=postgresql+psycopg://kb:(secret)@host/kb  # secret file",
        "KB_SMTP_USER=kb  # secret file",
        "KB_SMTP_PASSWORD=(secret)  # secret file",
        "KB_KEY_RATE_LIMIT=7  # secret file",
        "KB_TITLE=Of the environment  # environment",
    } <= set(result.stdout.splitlines())
    (secrets / "kb_smtp_pasword").write_text("secret", encoding="utf-8")
    result = run("settings", "--current", **given)
    assert (result.exit_code, result.output) == (
        1,
        "KB_SMTP_PASWORD: there is no such setting. Did you mean KB_SMTP_PASSWORD?\n",
    )


def test_a_secret_may_be_a_link_and_what_cannot_be_read_is_said(run: Run, tmp_path: Path) -> None:
    secrets, elsewhere = tmp_path / "credentials", tmp_path / "elsewhere"
    secrets.mkdir()
    elsewhere.write_text("Of another folder\n", encoding="utf-8")
    (secrets / "kb_title").symlink_to(elsewhere)
    (secrets / "kb_contact").touch()
    (secrets / "others").symlink_to(tmp_path / "nowhere")
    given = {"CREDENTIALS_DIRECTORY": str(secrets)}
    shown = run("settings", "--current", **given).stdout
    assert "KB_TITLE=Of another folder  # secret file\n" in shown
    assert "KB_CONTACT=  # default\n" in shown
    elsewhere.unlink()
    result = run("settings", "--current", **given)
    assert (result.exit_code, result.output) == (1, f"{secrets}/kb_title: No such file or directory.\n")
    (secrets / "kb_title").unlink()
    (secrets / "kb_title").mkdir()
    result = run("settings", "--current", **given)
    assert (result.exit_code, result.output) == (1, f"{secrets}/kb_title: Is a directory.\n")


def test_a_folder_of_secrets_that_others_own_is_left_alone(run: Run, tmp_path: Path) -> None:
    secrets = tmp_path / "credentials"
    secrets.mkdir()
    (secrets / "kb_title").write_text("Of the file", encoding="utf-8")
    secrets.chmod(0o700)
    with without_rights(tmp_path, 0o755):
        result = run("settings", "--current", CREDENTIALS_DIRECTORY=str(secrets))
    assert result.exit_code == 0
    assert "# secret file" not in result.stdout


def test_the_table_of_settings_is_put_in_its_place(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n| variable | default | meaning |\n| --- | --- | --- |\n| old | | |\n\nEnd.\n")
    assert run("settings", "--write", "page.md").exit_code == 0
    assert page.read_text() == f"# Page\n\n{settings_markdown()}\n\nEnd.\n"
    page.write_text("# No table\n")
    assert run("settings", "--write", "page.md").exit_code == 1
    with pytest.raises(ValueError, match="there is no table"):
        with_settings("# No table\n")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"KB_PORT": "many"}, "KB_PORT: Input should be a valid integer, unable to parse string as an integer\n"),
        ({"KB_BASE_URL": "secret"}, "KB_BASE_URL: Input should be a valid URL, relative URL without a base\n"),
        (
            {"KB_ALLOWED_HOSTS": "secret"},
            'KB_ALLOWED_HOSTS: must be a JSON list, for example ["one", "another"].\n',
        ),
        ({"KB_PRESETS": "secret"}, 'KB_PRESETS: must be a JSON object, for example {"name": "value"}.\n'),
        ({"KB_BASEURL": "secret"}, "KB_BASEURL: there is no such setting. Did you mean KB_BASE_URL?\n"),
        ({"KB_XYZZY": "secret"}, "KB_XYZZY: there is no such setting. `kb settings` lists all settings.\n"),
        (
            {"KB_ALLOWED_HOSTS": '["kb.example.org", "https://secret"]'},
            "KB_ALLOWED_HOSTS (item 2): must be a host name, for example kb.example.org, without scheme, port, path or "
            "asterisk.\n",
        ),
        (
            {"KB_SMTP_HOST": "smtp.example.org"},
            "KB_BASE_URL must be a public URL if KB_SMTP_HOST is set: links in mails would lead readers to their own "
            "machine. To test mail, list the recipients in KB_MAIL_ALLOWED.\n",
        ),
        (
            {"KB_CONTACT": "mailto:secret@example.org"},
            "KB_CONTACT: must be an e-mail address of a public domain without mailto:, for example jo@example.org, "
            "or the URL of a page, for example https://example.org/contact.\n",
        ),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(run: Run, settings: dict[str, str], message: str) -> None:
    done = run("migrate", **settings)
    assert (done.exit_code, done.stderr) == (1, message)


@pytest.mark.parametrize(("former", "present"), FORMER_NAMES.items())
def test_a_renamed_setting_is_obeyed_under_its_former_name_and_says_the_new_one(
    run: Run, former: str, present: str
) -> None:
    """Obeyed: what it says is judged, under the new name."""
    old, new = f"KB_{former.upper()}", f"KB_{present.upper()}"
    result = run("migrate", **{old: "-1"})
    assert (result.exit_code, result.stderr.startswith(f"{new}: Input should be ")) == (1, True)
    valid = "hold" if present == "mail_unconfirmed" else "2"
    result = run("migrate", **{old: valid})
    notice = f"{old} is now called {new}; the former name will be removed in the next minor version."
    assert (result.exit_code, " ".join(result.stderr.split()).count(notice)) == (0, 1)
    result = run("migrate", **{old: valid, new: valid})
    assert (result.exit_code, result.stderr) == (1, f"{old} and {new} are both set: keep {new}.\n")
    result = run("migrate", **{f"{old}S": valid})
    assert (result.exit_code, result.stderr) == (1, f"{old}S: there is no such setting. Did you mean {new}?\n")


def test_a_former_name_in_the_file_of_settings_is_obeyed(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KB_KEY_PACE=1\n", encoding="utf-8")
    assert "KB_KEY_PACE is now called KB_KEY_RATE_LIMIT" in " ".join(run("migrate").stderr.split())


@pytest.mark.parametrize("url", ["foo", "mysql://x/y", "postgresql://user:secret@x:secret/y", "sqlite://"])
@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_database_that_is_none_is_reported_in_one_line(run: Run, command: str, url: str) -> None:
    result = run(command, KB_DATABASE_URL=url)
    wanted = "KB_DATABASE_URL must be sqlite:///file or postgresql+psycopg://user@host/name.\n"
    assert (result.exit_code, result.output) == (1, wanted)


def test_a_typing_error_in_the_settings_file_is_reported_and_other_variables_are_left_alone(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("COMPOSE_PROJECT_NAME=kb\nKB_PROT=8080\nKB_CONTACT=\n", encoding="utf-8")
    result = run("migrate")
    assert (result.exit_code, result.stderr) == (1, "KB_PROT: there is no such setting. Did you mean KB_PORT?\n")
    (tmp_path / ".env").write_text("COMPOSE_PROJECT_NAME=kb\nKB_PORT=8080\nKB_CONTACT=\n", encoding="utf-8")
    assert run("migrate").exit_code == 0


def test_a_folder_that_cannot_be_made_is_reported_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("migrate", KB_DATABASE_URL="sqlite:///file/folder/kb.sqlite")
    assert (result.exit_code, result.output) == (
        1,
        "The database cannot be opened: file/folder: Not a directory.\n",
    )


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["serve", "--port", "999999"], "KB_PORT: Input should be less than or equal to 65535\n"),
        (["settings", "--write", "none/page.md"], "none/page.md: No such file or directory.\n"),
        (["openapi", "--write", "none/openapi.json"], "none/openapi.json: No such file or directory.\n"),
        (["backup", "none/copy.sqlite"], "none: there is no such folder.\n"),
    ],
    ids=lambda given: given[0] if isinstance(given, list) else "",
)
def test_what_cannot_be_done_is_reported_in_one_line(run: Run, command: list[str], message: str) -> None:
    done = run(*command)
    assert (done.exit_code, done.output) == (1, message)


def test_an_older_database_is_backed_up_before_it_is_migrated(run: Run, tmp_path: Path) -> None:
    """The copy is of the older version; a database without tables has none."""
    engine = make_engine(f"sqlite:///{tmp_path}/kb.sqlite")
    with migration_connection(engine) as connection:
        alembic_command.upgrade(alembic_config(connection), "head-1")
        older = schema_version(connection)
    engine.dispose()
    result = run("migrate")
    (copy,) = (tmp_path / "var" / "backups").glob("*.sqlite.zst")
    assert f"Backup: {copy.relative_to(tmp_path)}" in result.stdout
    restored = run("restore", str(copy), KB_DATABASE_URL=f"sqlite:///{tmp_path}/restored.sqlite")
    assert "It is of an older version: run `kb migrate`." in restored.stdout
    engine = make_engine(f"sqlite:///{tmp_path}/restored.sqlite")
    with engine.connect() as connection:
        assert schema_version(connection) == older
    engine.dispose()
    assert run("migrate").exit_code == 0
    assert [*copy.parent.glob("*.zst")] == [copy]


def test_control_c_ends_a_command_in_one_line(run: Run, environment: dict[str, str], tmp_path: Path) -> None:
    """While it waits for an answer."""
    assert run("migrate").exit_code == 0
    process = subprocess.Popen(
        [*KB, "key", "create"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.read(len("Whose key is it?")) == "Whose key is it?"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.strip() == "Stopped. Whatever was complete is kept: run the same command again to go on."


COMING_IN = """
import signal, sys
from app.cli.entry_point import run

class Interrupted:
    def find_spec(self, name, *_):
        if name == sys.argv[1]:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupted())
sys.argv = ["kb", "settings"]
run()
"""


@pytest.mark.parametrize("module", ["app.cli.main", "app.cli.service.settings", "sqlalchemy"])
def test_control_c_ends_a_command_in_one_line_before_it_has_begun(module: str) -> None:
    """While its modules are imported."""
    interrupted = COMING_IN.replace("sys.argv[1]", repr(module))
    done = subprocess.run([sys.executable, "-c", interrupted], capture_output=True, text=True, timeout=60)
    assert done.returncode == 130
    assert done.stderr.strip() == "Stopped. Whatever was complete is kept: run the same command again to go on."


def test_migrating_goes_one_way_only(run: Run) -> None:
    assert run("migrate", "base").exit_code == 2


@pytest.fixture
def kb_process(
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    own_logging: None,
) -> Iterator[Callable[..., tuple[object, str]]]:
    """`kb` as the shell starts it, but in this process: its exit status and what it printed to standard error."""
    monkeypatch.chdir(tmp_path)

    def kb(command: str, url: str) -> tuple[object, str]:
        for name, value in (environment | {"KB_DATABASE_URL": url}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["kb", command])
        with pytest.raises(SystemExit) as ended:
            run_kb()
        captured = capsys.readouterr()
        return ended.value.code, captured.out + captured.err

    interrupted = signal.getsignal(signal.SIGINT)
    yield kb
    signal.signal(signal.SIGINT, interrupted)
    logging.captureWarnings(False)


@pytest.mark.parametrize("command", ["migrate", "check", "serve"])
def test_a_file_that_is_no_database_is_reported_and_left_alone(
    kb_process: Callable[..., tuple[object, str]], tmp_path: Path, command: str
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("These are notes, and no database." * 100)
    code, output = kb_process(command, f"sqlite:///{file}")
    assert (code, output.strip()) == (1, f"The database {file} cannot be used: file is not a database")
    assert file.read_text().startswith("These are notes")


def test_a_full_disk_is_called_that(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says that it cannot open the file, or an input/output error."""
    url = f"sqlite:///{tmp_path}"
    assert "cannot be used: unable to open database file" in run("status", KB_DATABASE_URL=url).stderr
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    result = run("status", KB_DATABASE_URL=url)
    assert result.exit_code == 1
    assert result.stderr == (
        f"The database {tmp_path} cannot be used: the disk of {tmp_path.parent} is full. Make room: nothing can be "
        "written until then.\n"
    )


def test_an_unreachable_database_is_reported_without_its_password(
    kb_process: Callable[..., tuple[object, str]],
) -> None:
    code, output = kb_process("migrate", "postgresql+psycopg://user:secret@127.0.0.1:1/kb")
    assert code == 1
    assert output.startswith("The database cannot be used: ")
    assert output.endswith("\nIts address comes from KB_DATABASE_URL (environment).\n")
    assert "secret" not in output


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_does_not_store_utf_8_is_refused_in_a_sentence(
    databases_of: Callable[[str], Databases], kb_process: Callable[..., tuple[object, str]], encoding: str
) -> None:
    server = databases_of("postgresql").server
    assert isinstance(server, PostgresqlServer)
    name = f"stored_in_{encoding}"
    own = f"ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    server.admin.execute(f'CREATE DATABASE "{name}" {own}')
    url = server.url(name)
    code, output = kb_process("migrate", url)
    server.drop(url)
    assert (code, output) == (
        1,
        f"The database cannot be used: it stores text in {encoding}. Make one that stores it in UTF-8: createdb "
        "--encoding=UTF8 --template=template0 NAME\n"
        "Its address comes from KB_DATABASE_URL (environment).\n",
    )


NOBODY = 65534
AS_WHOM = "Run this command as the user that the service runs as, or let this one read it (chown, chmod)."


@contextmanager
def without_rights(folder: Path, mode: int = 0) -> Iterator[None]:
    """`folder` is somebody else's: the superuser, whom no mode stops, passes to an account that owns nothing."""
    is_superuser = os.geteuid() == 0
    folder.chmod(0o755 if is_superuser and mode else mode)
    if is_superuser:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_superuser:
            os.seteuid(0)
        folder.chmod(0o700)


def test_settings_that_somebody_else_may_read_are_reported_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").touch()
    with without_rights(tmp_path):
        result = run("status")
    assert (result.exit_code, result.output) == (1, f".env: Permission denied. {AS_WHOM}\n")


def test_settings_that_are_no_text_are_reported_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"KB_TITLE=\xff\n")
    result = run("status")
    assert (result.exit_code, result.output) == (1, ".env, or a secret that is a file, is not text in UTF-8.\n")


@pytest.mark.parametrize("command", ["migrate", "status"])
def test_a_database_of_somebody_else_is_reported_in_one_line(run: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "kb.sqlite").touch()
    tmp_path.chmod(0o755)
    with without_rights(tmp_path / "theirs"):
        result = run(command, KB_DATABASE_URL="sqlite:///theirs/kb.sqlite")
    assert (result.exit_code, result.output) == (
        1,
        f"The database cannot be opened: theirs/kb.sqlite: Permission denied. {AS_WHOM}\n",
    )


def test_a_database_that_may_not_be_made_is_reported_in_one_line(
    kb_process: Callable[..., tuple[object, str]], tmp_path: Path
) -> None:
    (tmp_path / "theirs").mkdir()
    tmp_path.chmod(0o755)
    with without_rights(tmp_path / "theirs", 0o500):
        code, output = kb_process("migrate", "sqlite:///theirs/kb.sqlite")
    assert (code, output) == (1, f"{tmp_path}/theirs/kb.sqlite: Permission denied. {AS_WHOM}\n")


def test_a_full_disk_is_called_one_where_the_system_names_no_file(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), report_file_errors(), Path("/dev/full").open("w") as full:
        full.write("more than there is room for")
    assert capfd.readouterr().err == "A file: No space left on device.\n"
