"""What `pyproject.toml` cannot say: folders beside the package travel inside the wheel.

`app.kit.system.project_files` finds them there.
"""

from pathlib import Path
from shutil import copytree, ignore_patterns

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = ("migrations", "seed_data", "docs")


class BuildWithFolders(build_py):
    """A wheel holds all that it needs to run; an editable installation finds it in the repository."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for name in FOLDERS:
                target = Path(self.build_lib) / "app" / "bundled" / name
                copytree(name, target, ignore=ignore_patterns("__pycache__"), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithFolders})
