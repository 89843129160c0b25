import json
from datetime import UTC, datetime

import pytest

from app.exports.record import Name, Record
from app.kit.json_types import JsonObject
from app.kit.values.partial_dates import PartialDate
from app.reading.content.projection import make_view
from tests.corpus import Corpus


@pytest.fixture
def article() -> Record:
    """An article with everything that an article has."""
    return Record(
        id="directional-map",
        type="article-journal",
        title="A map of DEISC & other stages",
        names=(
            Name("Lefevre", "Michelle"),
            Name(literal="Research in Practice"),
            Name("Hampson", "Martha", role="editor"),
            Name("Goldsmith", "Carlie", role="illustrator"),
        ),
        issued=PartialDate("2022-09-29"),
        container_title="The British Journal of Social Work",
        volume="53",
        issue="5",
        pages="2768–2786",  # noqa: RUF001
        number="bcac183",
        publisher="Oxford University Press",
        doi="10.1093/bjsw/bcac183",
        issn="0045-3102",
        url="https://kb.example/v1/a_b?x=1;y=2",
        abstract="Six stages,\nfrom 0 to 100%.",
        keywords=("innovation", "social care"),
        language="en",
        licence_id="CC-BY-4.0",
        licence_url="https://creativecommons.org/licenses/by/4.0/",
        updated_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


@pytest.fixture
def webinar() -> Record:
    """A recording: an issue date known to the month, a length, an occasion."""
    return Record(
        id="Webinar 1",
        type="motion_picture",
        title="A webinar",
        issued=PartialDate("2021-03"),
        genre="Webinar",
        medium="Video",
        duration="PT1H5M",
        event_title="Spring series",
        event_place="Brighton",
        event_date=PartialDate("2021"),
        isbns=("9781447367253", "9781447367260"),
        note="First of two",
    )


@pytest.fixture(scope="session")
def seed_documents(seeded: Corpus) -> list[JsonObject]:
    """All entries of the seed data, by slug."""
    lines = seeded.client.get("/v1/entries.ndjson?sort=slug").text.split("\n")[:-1]
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def records(seed_documents: list[JsonObject]) -> list[Record]:
    made = (make_view(each, "record", None) for each in seed_documents)
    return [each for each in made if isinstance(each, Record)]
