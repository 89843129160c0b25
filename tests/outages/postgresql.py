"""A PostgreSQL of a test's own, which it may stop, kill and start again."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.databases import PostgresqlServer
from tests.outages.signals import kill_all, send_to_all


class TroubledServer(PostgresqlServer):
    """As the one that all tests share, but nothing that was committed may be lost."""

    spared = ()

    @property
    def pid(self) -> int:
        pid = self.server.get_pid()
        assert pid is not None, "it is not running"
        return pid

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It acknowledges whatever it gets, and says nothing."""
        send_to_all(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            send_to_all(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """As a machine that fails: nobody is told."""
        self.admin.close()
        kill_all(self.pid)

    def start_again(self) -> None:
        """On the same socket, with what was committed."""
        with self.server._lock:
            self.server.ensure_postgres_running()
        self.admin = psycopg.connect(self.server.get_uri(), autocommit=True)
