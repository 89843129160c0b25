"""`make fuzz-coverage`: every target for its share of FUZZ_SECONDS, over a seeded database of its own. What is found is
kept under `.fuzz/findings`; what was learned of the ways through the code, under `.fuzz/corpus`.

With FUZZ_RUNS=0 a target gets the texts under `seeds/` alone, which `tests/fuzz/test_seeds.py` gives to all of them: so
a build asks one, to see that the fuzzer starts. What is drawn at random may find an old fault beside any change.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.clients.serving import KB, environment_in
from tests.fuzz.guided.targets import TARGETS

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
KEPT = ROOT / ".fuzz"
PROGRAM = Path(sys.prefix) / "atheris" / "bin" / "python"
"""In an environment of its own, as `make fuzz-coverage` makes it; the service's packages are those of this one."""

USUAL_SECONDS = 600
LIMITS = ("-timeout=20", "-rss_limit_mb=3000", "-max_len=8192")
"""Seconds and memory for one text, and its length."""
SETTINGS = {
    "KB_ACCESS_LOG": "false",
    "KB_LOG_LEVEL": "error",
    "KB_OUTBOUND": "false",
    "KB_KEY_RATE_LIMIT": "1000000",
    "KB_SIGNUP_RATE_LIMIT": "1000000",
    "KB_INVALID_KEY_RATE_LIMIT": "1000000",
}


def main() -> int:
    """The exit status: not 0 where something was found. Names of targets as arguments choose among them."""
    names = sys.argv[1:] or [*TARGETS]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        environment = prepared(folder)
        if runs := os.environ.get("FUZZ_RUNS"):
            corpus, bounds = Path(folder) / "corpus", [f"-runs={int(runs)}"]
        else:
            share = max(1, int(os.environ.get("FUZZ_SECONDS") or USUAL_SECONDS) // len(names))
            corpus, bounds = KEPT / "corpus", [f"-max_total_time={share}"]
        for name in names:
            print(f"-- {name} {' '.join(bounds)}", flush=True)
            if fuzz(name, bounds, corpus / name, environment):
                found.append(name)
    for name in found:
        print(f"Something was found by {name}: see {KEPT / 'findings'}.", file=sys.stderr)
    return bool(found)


def prepared(folder: str) -> Mapping[str, str]:
    """The environment of the targets, with a database that is migrated and seeded."""
    path = os.pathsep.join((str(ROOT), *(each for each in sys.path if each.endswith("site-packages"))))
    environment = environment_in(folder) | SETTINGS | {"PYTHONPATH": path}
    for command in ("migrate", "seed"):
        subprocess.run([KB, command], env=environment, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return environment


def fuzz(name: str, bounds: Sequence[str], corpus: Path, environment: Mapping[str, str]) -> bool:
    """Whether something was found."""
    findings = KEPT / "findings"
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(parents=True, exist_ok=True)
    options = [*LIMITS, *bounds, f"-artifact_prefix={findings}/{name}-", "-print_final_stats=1"]
    dictionary = HERE / "dictionaries" / f"{name}.dict"
    if dictionary.exists():
        options.append(f"-dict={dictionary}")
    command = [str(PROGRAM), "-m", "tests.fuzz.guided.fuzz", name, *options, str(corpus), str(HERE / "seeds" / name)]
    done = subprocess.run(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True, errors="replace")
    output = done.stderr.splitlines()
    output = [line for line in output if not line.startswith("INFO: Instrumenting")]
    print("\n".join(output if done.returncode else [line for line in output if line.startswith(("stat::", "Done"))]))
    return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
