"""Rules that no type checker knows: sizes, where imports stand, which packages name kinds, what files may name."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.catalogue.registry import ENTRY_KINDS
from app.cli.settings_table import with_settings

PROJECT = Path(__file__).parents[1]
APP = PROJECT / "app"
MODULES = sorted(APP.rglob("*.py"))
GENERIC = ("search", "reading", "documents", "http", "exports", "published")
MAX_FILE_LENGTH, MAX_FUNCTION_LENGTH = 350, 60
MAX_MODULES, MAX_DEPTH = 14, 2
"""Of one package, and of folders below `app`."""

KIND_NAMES = {name for kind in ENTRY_KINDS for name in (kind.name, str(kind.collection))} - {
    "collection",
    "collections",
}
"""A collection is in generic packages what has a path: the documents of a kind."""
NAMED_IN_GENERIC_PACKAGES = {
    "app/documents/revision_watcher.py": {"event"},  # asyncio's event loop
    "app/http/server/protocol.py": {"event"},  # the one by which the server wakes a request
    # CSL 1.0.2, RIS, BibTeX and the like call a type, a field or a tag so.
    "app/exports/bibliography/biblatex.py": {"event"},
    "app/exports/calendar.py": {"event"},
    "app/exports/metadata/datacite_metadata.py": {"event", "publication"},
    "app/exports/metadata/datacite_xml.py": {"publication"},
    "app/exports/metadata/dublin_core.py": {"event"},
    "app/exports/metadata/marcxml.py": {"event", "publication"},
    "app/exports/markdown.py": {"event"},
    "app/exports/metadata/mods.py": {"event"},
    "app/exports/record.py": {"event"},
    "app/exports/bibliography/csl.py": {"event"},
    "app/exports/bibliography/ris.py": {"event"},
    "app/exports/bibliography/bibtex.py": {"event"},
    "app/exports/csv_table.py": {"event"},
    "app/exports/rdf/linked_data.py": {"event"},  # schema.org's Event
    "app/exports/rdf/schema_org.py": {"event", "publication"},  # schema.org's Event and PublicationVolume
}
"""Words of other standards that are also names of kinds."""

NEVER_NAMED = re.compile(
    r"\.\./sha" r"red|pyp" r"i\.org|pythonhos" r"ted|files\.pyth" r"on|registry\.npm"
    r"|(?<![\w.$}:/])/(tm" r"p|ho" r"me|ro" r"ot|wo" r"rk|opt)/"
)  # fmt: skip
"""What a tracked file may not say; written in pieces, because this file is tracked too."""


DEFINED_TWICE = {
    "Name",  # `exports.record.Name`; citeproc-py finds its classes by the element of a style that they stand for
}
"""Names of more than one class, each with its reason."""

MAX_ANY = 225
"""Lines of the application whose types say `Any`: at its edges, where JSON comes in and rows come out of SQLAlchemy."""
IGNORED = re.compile(r"# type: ig" r"nore(?!\[[a-z-]+(, ?[a-z-]+)*\]  # \w)")
"""Without the error that it is about, or without a reason."""


def module_id(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_modules_are_small_and_functions_are_short() -> None:
    lengths = {module_id(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FILE_LENGTH} == {}
    assert [
        f"{module_id(path)}: {each.name}"
        for path in MODULES
        for each in functions(tree_of(path))
        if (each.end_lineno or 0) - each.lineno >= MAX_FUNCTION_LENGTH
    ] == []


def test_packages_are_small_and_not_deep() -> None:
    counts = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    assert {module_id(path): count for path, count in counts.items() if count > MAX_MODULES} == {}
    assert [module_id(path) for path in counts if len(path.relative_to(APP).parts) > MAX_DEPTH] == []


def test_modules_import_at_their_top() -> None:
    inside = {
        f"{module_id(path)}: {each.name}"
        for path in MODULES
        for each in functions(tree_of(path))
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(each))
    }
    assert inside == set()


def docstrings(tree: ast.AST) -> set[int]:
    """Ids of the constants that explain and do nothing: a string that is a statement."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def used_words(tree: ast.AST) -> Iterator[str]:
    """Identifiers, and the texts that are used."""
    silent = docstrings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in silent:
                yield text
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
                yield name
            case ast.keyword(arg=str(name)) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def words(text: str) -> set[str]:
    """Lower-case words of a text or an identifier, in whatever case it is joined."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", text)}


def test_generic_packages_name_no_kind() -> None:
    paths = [path for package in GENERIC for path in sorted((APP / package).rglob("*.py"))]
    named = {
        module_id(path): {word for text in used_words(tree_of(path)) for word in words(text) & KIND_NAMES}
        for path in paths
    }
    assert {name: found for name, found in named.items() if found} == NAMED_IN_GENERIC_PACKAGES


def types_of(tree: ast.Module) -> Iterator[str]:
    """Names of classes, and of aliases of types: what a module names in capitalised words."""
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if re.fullmatch("[A-Z][A-Za-z]*[a-z]", name):
                    yield name


def test_classes_and_aliases_are_seen() -> None:
    tree = ast.parse("class A:\n    class B: ...\nCs = list[int]\nDee: TypeAlias = 'A'\nLIMIT = 1\ne = A")
    assert list(types_of(tree)) == ["A", "B", "Cs", "Dee"]


def test_no_two_types_have_the_same_name() -> None:
    counts = Counter(name for path in MODULES for name in types_of(tree_of(path)))
    assert {name for name, count in counts.items() if count > 1} == DEFINED_TWICE


def test_packages_import_only_from_packages_below_them() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    linted = subprocess.run([lint, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert linted.returncode == 0, linted.stdout


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True)
    files = [PROJECT / name for name in listed.stdout.split("\0") if name]
    return [path for path in files if "node_modules" not in path.parts and path.is_file()]


def test_no_dependency_is_tracked() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert not re.search(r"(^|/)(node_modules|\.venv|__pycache__)/", listed.stdout)


def test_no_tracked_file_names_this_machine_or_a_registry() -> None:
    named: dict[str, str] = {}
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        if "swagger" not in path.parts and (found := NEVER_NAMED.search(text)):
            named[module_id(path)] = found.group()
    assert named == {}


def test_every_setting_is_in_the_readme_as_it_is() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert with_settings(readme) == readme, "run `make docs-settings`"


@pytest.mark.parametrize("page", [path for path in tracked() if path.suffix == ".md"], ids=module_id)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [link for link in links if link and not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_any_is_said_at_the_edges_only() -> None:
    places = {
        (path, node.lineno)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Name) and node.id == "Any"
    }
    assert len(places) <= MAX_ANY


def aliases_of_any(tree: ast.AST) -> Iterator[str]:
    """Other names for `Any`: where one is said, none of the lines above would be counted."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=names):
                yield from (each.asname for each in names if each.name == "Any" and each.asname)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ) if isinstance(value, ast.Name | ast.Attribute | ast.Constant):
                if ast.unparse(value).strip("'\"").rpartition(".")[2] == "Any":
                    yield name


@pytest.mark.parametrize(
    "alias",
    ["from typing import Any as X", "X = Any", "X: TypeAlias = Any", "X: TypeAlias = 'Any'", "X = typing.Any"],
)
def test_an_alias_of_any_is_seen(alias: str) -> None:
    assert list(aliases_of_any(ast.parse(alias))) == ["X"]


def test_any_has_no_other_name() -> None:
    found = {module_id(path): [*aliases_of_any(tree_of(path))] for path in MODULES}
    assert {name: aliases for name, aliases in found.items() if aliases} == {}


def test_no_error_of_types_is_ignored_without_a_reason() -> None:
    ignored = [
        f"{module_id(path)}: {line.strip()}"
        for path in tracked()
        if path.suffix == ".py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if IGNORED.search(line)
    ]
    assert ignored == []
