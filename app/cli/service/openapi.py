"""`kb openapi`: the description of a freshly seeded knowledge base, which is committed and compared."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from app.cli.context import fail, report_file_errors
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.schema.migrations import migrate
from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.main import create_app
from app.openapi.document import OpenApiDocument
from app.ops.seeding import seed


def openapi(
    write: Annotated[Path | None, typer.Option(help="File to write.")] = None,
    check: Annotated[Path | None, typer.Option(help="File to compare with.")] = None,
) -> None:
    """Print, write or check the OpenAPI description of a freshly seeded knowledge base."""
    text = fresh_description()
    if write is None and check is None:
        print(text, end="")
    with report_file_errors():
        if write is not None:
            write.write_text(text, encoding="utf-8")
        same = check is None or (check.exists() and check.read_text(encoding="utf-8") == text)
    if not same:
        fail(
            f"{check} differs from what is served. Run `make openapi`, and review the difference before committing it."
        )


def fresh_description() -> str:
    """JSON text that depends on the code and the seed data alone."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/described.sqlite"
        kept = Settings(_env_file=None)
        engine = make_engine(url)
        migrate(engine)
        with Sessions(engine).write() as session:
            seed(session, kept.seeds, now=utc_now())
        engine.dispose()
        service = create_app(kept.model_copy(update={"database_url": url, "access_log": False}))
        try:
            return service.services[OpenApiDocument].render(service.index.current_snapshot()).decode() + "\n"
        finally:
            service.close()
