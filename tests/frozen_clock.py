"""A knowledge base whose clock stands still until it is moved."""

from datetime import UTC, datetime

from app.config.settings import Settings
from app.kit.signing_keys import SigningKeys
from app.main import create_app
from app.staff.auth.actors import CLI
from app.staff.auth.keys import KeyRow, make_key
from app.staff.scopes import SCOPES
from tests.api_keys import ApiKeyClient
from tests.client import BASE, Client
from tests.corpus import FOLDERS, SECRETS, Corpus

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class FrozenCorpus(Corpus):
    """`now` is the time."""

    def __init__(self, url: str) -> None:
        self.now = START
        settings = Settings(
            _env_file=None, database_url=url, base_url=BASE, access_log=False, secret_file=SECRETS, **FOLDERS
        )
        SigningKeys(settings.signing_keys).make()
        self.service = create_app(settings, clock=lambda: self.now)
        self.client = Client(self.service)

    def api_key(self, *scopes: str, name: str = "Ann") -> ApiKeyClient:
        """Somebody with a key for 30 days."""
        with self.write() as session:
            wanted = scopes or [*SCOPES]
            row, token = make_key(session, name=name, scopes=wanted, days=30, by=CLI, now=self.now)
            return ApiKeyClient(self.client, row.name, row.id, token.text)

    def row(self, key_id: str) -> KeyRow:
        with self.read() as session:
            return session.get_one(KeyRow, key_id)
