"""The recipes of CONTRIBUTING.md, applied literally to a copy of the project."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
INGREDIENTS = Path(__file__).parent
COPIED = ("app", "migrations", "seed_data", "pyproject.toml")
LEFT = shutil.ignore_patterns("__pycache__", "*.pyc")


@dataclass(frozen=True)
class Edit:
    """`added` goes in front of the one place in a file that says `place`."""

    file: str
    place: str
    added: str


@dataclass(frozen=True)
class Recipe:
    """`folder` holds the new files; `migration` is its message, where there is one."""

    name: str
    edits: tuple[Edit, ...]
    folder: str | None = None
    migration: str | None = None


PUBLICATIONS = "app/catalogue/kinds/publications.py"
FIELD = Recipe(
    "a field",
    (
        Edit(PUBLICATIONS, "KEYWORD\n\n\ndef", "INTEGER, "),
        Edit(PUBLICATIONS, "\n\nclass PublicationIn(EntryIn):", "    word_count: Mapped[int | None]\n"),
        Edit(PUBLICATIONS, "\n\nclass Publication(Entry):", "    word_count: int | None = None\n"),
        Edit(PUBLICATIONS, "\n\nCSL_TYPES:", "    word_count: int | None\n"),
        Edit(
            PUBLICATIONS,
            '        body=("venue", "publisher", "issn", "article_number"),\n',
            '        Field("word_count", INTEGER, extract_at("word_count"), "Words in it.", sortable=True),\n',
        ),
    ),
    migration="word count of publications",
)
KIND = Recipe(
    "a kind of entry",
    (
        Edit("app/catalogue/registry.py", "events, frameworks", "datasets, "),
        Edit("app/catalogue/registry.py", "    agents.PERSON,\n", "    datasets.KIND,\n"),
    ),
    folder="kind",
    migration="datasets",
)
OWN_KIND = Recipe(
    "a kind of its own",
    (
        Edit("app/catalogue/registry.py", "publications, sites\n", "projects, "),
        Edit("app/catalogue/registry.py", "    agents.PERSON,\n", "    projects.KIND,\n"),
    ),
    folder="own_kind",
    migration="projects",
)
VOCABULARY = Recipe(
    "a vocabulary",
    (
        Edit(
            "seed_data/vocabularies.yaml",
            "  - slug: question\n",
            "  - {slug: technique, collection: techniques, label: Techniques, sources: [Imaginary]}\n",
        ),
    ),
    folder="vocabulary",
)
FORMAT = Recipe(
    "an export format",
    (
        Edit("app/exports/formats.py", "\nfrom app.exports.bibliography import", ", plain"),
        Edit(
            "app/exports/formats.py",
            '            Format("ris"',
            '            Format("plain", "Plain text", "text/plain; charset=utf-8", "txt", '
            '{"record": plain.pieces}),\n',
        ),
    ),
    folder="format",
)
CHANNEL = Recipe(
    "a notification channel",
    (
        Edit("app/feed/deliveries.py", "\n\nOPEN =", '    notice = "notice"\n'),
        Edit("app/worker.py", "from app.ops.index_process", "from app.notices import notice_job, notice_task\n"),
        Edit("app/worker.py", "        *mail_jobs(mailer),\n", "        notice_job(),\n"),
        Edit("app/worker.py", "        *mail_tasks(mailer, registry),\n", "        notice_task(registry),\n"),
        Edit("pyproject.toml", '    "pages | harvest",\n', '    "notices",\n'),
    ),
    folder="channel",
)
PAGE = Recipe(
    "a page for people",
    (
        Edit("app/main.py", "guide_pages, problem_pages\nfrom", "colophon_page, "),
        Edit("app/main.py", "    problem_pages.router,\n", "    colophon_page.router,\n"),
    ),
    folder="page",
)
DATA = Edit("seed_data/publications.yaml", "    venue: The British Journal of Social Work\n", "    word_count: 9000\n")
"""Not part of a recipe: a value of the new field, to ask for."""


class Copy:
    """A copy of the project with a database of its own: that of a project in use, migrated and seeded."""

    def __init__(self, root: Path, database: Path) -> None:
        self.root = root
        (root / "var").mkdir()
        shutil.copyfile(database, root / "var" / "kb.sqlite")
        self.url = f"sqlite:///{root}/var/kb.sqlite"
        for name in COPIED:
            source = PROJECT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=LEFT)
            else:
                shutil.copy(source, root / name)
        (root / "tests" / "recipes").mkdir(parents=True)
        for name in ("several.py", "writing.py"):
            shutil.copy(INGREDIENTS / name, root / "tests" / "recipes")

    @property
    def environment(self) -> dict[str, str]:
        own = {"PYTHONPATH": str(self.root), "KB_DATABASE_URL": self.url}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
        return kept | own

    def run(self, *command: str) -> str:
        """A Python module with its arguments, run in the copy; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout

    def kb(self, *commands: str) -> list[str]:
        """What each of these says."""
        return self.say(*(f"kb {command}" for command in commands))

    def say(self, *commands: str) -> list[str]:
        """What each of these says. They run in one process: to start one costs more than most of them do."""
        outputs: list[str] = json.loads(self.run("tests.recipes.several", *commands).splitlines()[-1])
        return outputs

    def write(self, statements: str) -> str:
        """What these print, run in one transaction of the copy."""
        return self.run("tests.recipes.writing", statements)

    def edit(self, edit: Edit) -> None:
        path = self.root / edit.file
        text = path.read_text(encoding="utf-8")
        assert text.count(edit.place) == 1, f"{edit.file} does not say {edit.place!r} once"
        path.write_text(text.replace(edit.place, edit.added + edit.place), encoding="utf-8")

    def cook(self, recipe: Recipe) -> None:
        """Files, lines and, where the recipe has one, the migration: made, formatted and applied."""
        if recipe.folder:
            shutil.copytree(INGREDIENTS / recipe.folder, self.root, dirs_exist_ok=True, ignore=LEFT)
        for edit in recipe.edits:
            self.edit(edit)
        if recipe.migration:
            self.say(f"alembic revision --autogenerate -m '{recipe.migration}'", "kb migrate")
            self.run("ruff", "check", "--quiet", "--fix", "migrations")
            self.run("ruff", "format", "--quiet", "migrations")

    def bring_contract(self) -> None:
        """The contract suite and what it stands on."""
        shutil.copytree(PROJECT / "tests" / "contract", self.root / "tests" / "contract", ignore=LEFT)
        for path in (PROJECT / "tests").glob("*.py"):
            shutil.copy(path, self.root / "tests" / path.name)

    def files(self) -> dict[str, str]:
        """Every file with its digest."""
        found = (path for name in COPIED for path in (self.root / name, *(self.root / name).rglob("*")))
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in found
            if path.is_file() and "__pycache__" not in path.parts
        }


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Files that are new or say something else; none may be gone."""
    assert before.keys() <= after.keys()
    return {name for name, digest in after.items() if before.get(name) != digest}
