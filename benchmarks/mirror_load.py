"""A copy of everything by `kbclient mirror`: what the client takes, and whether its memory grows with the catalogue."""

import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.harvest.dumps import make_dump
from app.reading.requests.urls import UrlBuilder
from benchmarks.databases import ROOT, service_database
from benchmarks.servers import BASE_URL, running

SMALL = 2_000
PROGRAM = "from knowledge_base_client.cli import main; main(); print(open('/proc/self/status').read())"
"""Says at its end what it took (proc(5)): of a child the system remembers also the memory of who started it."""
SOURCES = ROOT / "clients" / "python" / "src"


@dataclass(frozen=True)
class Run:
    """`files` are the documents of the copy, `seconds` are of processor time, `memory` is the most in MB."""

    files: int
    seconds: float
    memory: float


def measured(url: str, index: Path, documents: int) -> list[tuple[str, str]]:
    """`index` is the folder of that of the database at `url`."""
    large, small = mirrored(url, index), mirrored(f"sqlite:///{service_database(SMALL)}")
    figures = f"{large.files / large.seconds:,.0f} records/s; {large.memory:.0f} MB of memory at most"
    return [(f"mirror of {documents:,} by kbclient", f"{figures}, {small.memory:.0f} MB for {SMALL:,}")]


def mirrored(url: str, index: Path | None = None) -> Run:
    """A first copy, from the dump and the changes since, a file a document."""
    with tempfile.TemporaryDirectory(prefix="kb-mirror-") as name:
        folder = Path(name)
        sessions = Sessions(make_engine(url))
        make_dump(sessions, folder / "dumps", UrlBuilder(BASE_URL), now=datetime.now(UTC))
        sessions.dispose()
        settings = {
            "KB_DATABASE_URL": url,
            "KB_DUMP_DIRECTORY": f"{folder}/dumps",
            "KB_INDEX_DIRECTORY": str(index or folder / "index"),
            "KB_ACCESS_LOG": "false",
            "KB_WORKER": "false",
        }
        with running("mirror", ("-m", "app.cli.main", "serve"), settings, "/v1") as server:
            return copy(f"http://127.0.0.1:{server.port}", folder / "copy")


def copy(address: str, folder: Path) -> Run:
    command = [sys.executable, "-c", PROGRAM, "mirror", str(folder), "--address", address]
    environment = os.environ | {"PYTHONPATH": str(SOURCES)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    files = sum(1 for path in folder.rglob("*.json") if path.is_file())
    return Run(files, seconds, int(done.stdout.partition("VmHWM:")[2].split()[0]) / 1024)
