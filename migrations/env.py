"""Alembic's entry: runs on the connection that `app.db.migrating` holds, or makes one of its own."""

from alembic import context
from sqlalchemy import Connection

import app.catalogue.confidential
import app.catalogue.registry
import app.catalogue.revisions
import app.documents.store
import app.intake.tables
import app.jobs.tables
import app.mailing.delivery_tables
import app.mailing.tables
import app.ops.link_tables
import app.staff.idempotency
import app.staff.keys
import app.staff.redacting
import app.staff.working_copies  # noqa: F401
from app.config.settings import Settings
from app.db.base import Base
from app.db.engine import make_engine
from app.db.migrating import migration_connection


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        compare_server_default=True,
        user_module_prefix="app.db.base.",
    )
    with context.begin_transaction():
        context.run_migrations()


held = context.config.attributes.get("connection")
if held is not None:
    run(held)
else:
    with migration_connection(make_engine(Settings().database_url)) as connection:
        run(connection)
