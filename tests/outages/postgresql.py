"""A PostgreSQL of a test's own, which it may stop, kill and start again."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import psycopg

from tests.databases import PostgresqlServer


class TroubledServer(PostgresqlServer):
    """As the one that all tests share, but nothing that was committed may be lost."""

    spared = ()

    def _processes(self) -> list[psutil.Process]:
        """The server and all that it has started."""
        own = psutil.Process(self.server.get_pid())
        return [own, *own.children(recursive=True)]

    def _send(self, number: signal.Signals) -> list[psutil.Process]:
        reached = self._processes()
        for process in reached:
            process.send_signal(number)
        return reached

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It acknowledges whatever it gets, and says nothing."""
        self._send(signal.SIGSTOP)
        try:
            yield
        finally:
            self._send(signal.SIGCONT)

    def kill(self) -> None:
        """As a machine that fails: nobody is told."""
        self.admin.close()
        psutil.wait_procs(self._send(signal.SIGKILL), timeout=60)

    def start_again(self) -> None:
        """On the same socket, with what was committed."""
        with self.server._lock:
            self.server.ensure_postgres_running()
        self.admin = psycopg.connect(self.server.get_uri(), autocommit=True)
