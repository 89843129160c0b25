"""Whether a backup can be made: of PostgreSQL that takes programs of its own, of a version that knows the server's."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Engine

from app.db.engine import is_sqlite
from app.ops.doctor.findings import Finding, fine, problem, unknown

PROGRAMS: Final = ("pg_dump", "pg_restore")
SECONDS: Final = 5.0


def look_at_backup_programs(engine: Engine | None) -> Iterator[Finding]:
    """`pg_dump` refuses a server of a newer major version (postgresql.org/docs/current/app-pgdump.html)."""
    if engine is None:
        yield unknown("Not asked: the database cannot be used.")
        return
    if is_sqlite(engine):
        yield fine("None is needed: the database is a file.")
        return
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        yield problem(
            f"{' and '.join(missing)} cannot be found: no backup can be made or restored. Install PostgreSQL's client "
            "programs (Debian: postgresql-client), and put them on the PATH of the service."
        )
        return
    with engine.connect() as connection:
        server = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    said = subprocess.run(
        [PROGRAMS[0], "--version"], capture_output=True, text=True, check=True, timeout=SECONDS
    ).stdout.strip()
    version = re.search(r"(\d+)(?:\.|devel|beta|rc|$)", said)
    if version is None:
        yield unknown(f"pg_dump does not say which version it is: {said}")
    elif int(version[1]) < server:
        yield problem(
            f"pg_dump is of PostgreSQL {version[1]}, and the server of {server}: it refuses to back up a newer one. "
            f"Install the client programs of version {server}."
        )
    else:
        yield fine(f"pg_dump of PostgreSQL {version[1]} can back up a server of {server}.")
