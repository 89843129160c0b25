"""The tests leave the folders of the project alone: who runs them may have used it before."""

from contextlib import closing
from pathlib import Path

from app.config.settings import Settings
from tests.corpus import Corpus
from tests.frozen_clock import FrozenCorpus
from tests.mailing.subscriber_service import SubscriberService

WRITTEN_TO = {name for name in Settings.model_fields if name.endswith("_directory")} - {"seed_directory"}


def test_no_service_of_the_tests_writes_into_the_project(database: str, tmp_path: Path) -> None:
    assert {"backup_directory", "dump_directory", "index_directory", "mail_directory"} <= WRITTEN_TO
    services = (Corpus(database), FrozenCorpus(database), SubscriberService(database, tmp_path / "secrets"))
    for each in services:
        with closing(each):
            settings = each.service.settings
            folders = {name: Path(getattr(settings, name)) for name in WRITTEN_TO}
            assert {name for name, folder in folders.items() if not folder.is_absolute()} == set()
            assert settings.signing_keys.is_absolute()
