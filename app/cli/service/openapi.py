"""The OpenAPI description of a freshly seeded knowledge base: what is committed and compared."""

import tempfile

from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.migrations import migrate
from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.main import create_app
from app.openapi.document import OpenApiDocument
from app.ops.seeding import seed


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
