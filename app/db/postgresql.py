"""PostgreSQL with an end to every wait: on the server, on the network, and on our side."""

from typing import Any, Final

import orjson
import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import ExceptionContext

from app.db.timeouts import DatabaseTimeouts, lock_wait

ENCODING: Final = "UTF8"
CONNECT: Final = 2
"""Seconds, the fewest that libpq knows."""
NETWORK: Final = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""A host that is gone is noticed within 25 seconds, and within 15 by who has sent it something."""


class BoundedConnection(psycopg.Connection[Any]):
    """Closes itself where no reply comes within `answer` seconds: a late one could be taken for that of another
    statement."""

    answer: float | None = None

    def wait(self, gen: Any, *args: Any, **named: Any) -> Any:
        """Raises `psycopg.OperationalError`."""
        if self.answer is not None:
            named.setdefault("timeout", self.answer)
        try:
            return super().wait(gen, *args, **named)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()
            raise


def postgresql_engine(
    url: URL, timeouts: DatabaseTimeouts, *, pool_size: int, max_overflow: int, pre_ping: bool
) -> Engine:
    network = {name: value for name, value in NETWORK.items() if name not in url.query}
    engine = create_engine(
        url,
        pool_pre_ping=pre_ping,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=timeouts.pool,
        json_deserializer=orjson.loads,
        connect_args={"connect_timeout": CONNECT, "client_encoding": ENCODING, **network},
    )

    def connect(_dialect: object, _record: object, args: list[str], options: dict[str, Any]) -> BoundedConnection:
        connection = BoundedConnection.connect(*args, **options)
        _refuse_other_encodings(connection)
        connection.answer = timeouts.answer
        return connection

    def prepare(connection: BoundedConnection, _record: object) -> None:
        for name, seconds in _server_side(timeouts).items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, f"{round(seconds * 1000)}ms"))
        connection.commit()

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", lambda connection: _begin(connection, timeouts.lock))
    event.listen(engine, "handle_error", _conceal)
    return engine


def _refuse_other_encodings(connection: BoundedConnection) -> None:
    """Closes the connection and raises `psycopg.OperationalError` where the database stores text otherwise than in
    UTF-8: there, not every name could be written, or text would come back as bytes."""
    stored = connection.info.parameter_status("server_encoding")
    if stored not in (None, ENCODING):
        connection.close()
        raise psycopg.OperationalError(
            f"it stores text in {stored}. Make one that stores it in UTF-8: createdb --encoding=UTF8 "
            "--template=template0 NAME"
        )


def _server_side(timeouts: DatabaseTimeouts) -> dict[str, float]:
    ends = {
        "lock_timeout": timeouts.lock,
        "statement_timeout": timeouts.statement,
        "idle_in_transaction_session_timeout": timeouts.idle,
    }
    return {name: seconds for name, seconds in ends.items() if seconds is not None}


def _begin(connection: Connection, usual: float) -> None:
    """Where less than the usual time is left to wait for locks, the transaction waits no longer than that; no time at
    all would be no end for PostgreSQL."""
    seconds = lock_wait(usual)
    if seconds < usual:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(1, round(seconds * 1000))}")


def _conceal(context: ExceptionContext) -> None:
    """PostgreSQL quotes rows in the details of its errors, which are logged: the first line says what is wrong."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if context.statement is not None and error is not None and error.args:
            error.args = (str(error.args[0]).partition("\n")[0], *error.args[1:])
