"""Programs that others wrote harvest everything by OAI-PMH, in every format, by GET and by POST."""

import json

import httpx

from tests.clients.conftest import HERE, TOOLS, Call

FORMATS = {"oai_dc", "oai_datacite", "datacite", "marcxml", "mods"}


def test_sickle_and_oaipmh_scythe_harvest_everything(address: str, call: Call) -> None:
    harvested = json.loads(call(TOOLS / "python", HERE / "harvesters.py", address).splitlines()[0])
    listed = httpx.get(f"{address}/v1/entries", params={"select": "id", "per_page": 500}).raise_for_status().json()
    entries = {f"oai:127.0.0.1:{each['id']}" for each in listed["results"]}
    assert len(entries) == listed["meta"]["count"]
    assert len(harvested) == 4
    for each in harvested:
        assert each["name"] == httpx.get(f"{address}/v1").raise_for_status().json()["title"]
        assert each["sets"] == harvested[0]["sets"] > 0
        assert set(each["records"]) == FORMATS
        for names in each["records"].values():
            assert len(names) == len(entries)
            assert set(names) == entries
