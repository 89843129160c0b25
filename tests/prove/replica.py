"""A read replica that streams from the primary, and may be paused and killed."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.outages.postgresql import TroubledServer
from tests.outages.signals import kill_all


class StreamingReplica:
    """Of the whole server, made by `pg_basebackup`; its log has every statement that it was asked."""

    def __init__(self, primary: TroubledServer, primary_url: str) -> None:
        self._primary = primary.server
        self._folder = Path(tempfile.mkdtemp(prefix="kb-"))
        self._data, self._log = self._folder / "data", self._folder / "log"
        if self._primary.system_user is not None:  # PostgreSQL does not run as root
            shutil.chown(self._folder, self._primary.system_user)
        source = make_url(primary_url)
        self.url = source.update_query_dict({"host": str(self._folder)}).render_as_string(hide_password=False)
        own = ["--pgdata", str(self._data), "--write-recovery-conf", "--checkpoint=fast"]
        self._run("pg_basebackup", "--host", str(source.query["host"]), "--username", str(source.username), *own)
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._primary.bin_path / program), *arguments]
        subprocess.run(command, check=True, user=self._primary.system_user, cwd=self._folder, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        options = f"-h '' -k {self._folder} -c log_statement=all"
        self._run("pg_ctl", "-w", "-D", str(self._data), "-l", str(self._log), "-o", options, "start")
        self._admin = psycopg.connect(
            make_url(self.url).set(drivername="postgresql").render_as_string(False), autocommit=True
        )

    def pause(self) -> None:
        """It answers, and follows no longer."""
        self._admin.execute("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        self._admin.execute("SELECT pg_wal_replay_resume()")

    def has_reached(self, slug: str) -> bool:
        found = self._admin.execute("SELECT 1 FROM document WHERE slug = %s AND state = 'live'", (slug,))
        return found.fetchone() is not None

    def readings(self) -> int:
        """How often it was asked for documents by their ids."""
        return self._log.read_text().count("document.id IN")

    def kill(self) -> None:
        self._admin.close()
        kill_all(int((self._data / "postmaster.pid").read_text().split()[0]))

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self._folder)
