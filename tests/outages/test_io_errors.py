"""An embedded database on a disk that is full, broken or read-only: who reads and who writes is told with 503, nothing
that was acknowledged is lost, and nothing is acknowledged that is not there."""

from tests.outages.test_locked_sqlite import file_of, sqlite  # noqa: F401
