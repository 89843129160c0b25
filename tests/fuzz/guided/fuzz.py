"""One target, fuzzed until its time is up: `python -m tests.fuzz.guided.fuzz TARGET OPTIONS… FOLDERS…` in the
environment that has Atheris. The options are libFuzzer's; the first folder is the corpus, the others are seeds."""

import sys
from contextlib import closing

import atheris

with atheris.instrument_imports(include=["app"]):
    from app.config.settings import Settings
    from app.main import create_app
    from tests.fuzz.guided.targets import TARGETS


def main() -> None:
    name, *options = sys.argv[1:]
    target = TARGETS[name]
    with closing(create_app(Settings(_env_file=None))) as service:
        atheris.Setup([sys.argv[0], *options], lambda data: target(service, data))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
