"""Harvests a repository whole, with sickle and with oaipmh-scythe: run by the environment that has them.

Prints, for each of them and each way to ask, how many sets there are, and the identifiers of every format; and what is
unlike between the record alone and in the list.
"""

import json
import sys
from typing import Any

from oaipmh_scythe import HTTPConfig, Scythe
from sickle import Sickle


def by_sickle(address: str, method: str) -> dict[str, Any]:
    client = Sickle(f"{address}/oai", http_method=method)
    formats = [each.metadataPrefix for each in client.ListMetadataFormats()]
    found = {}
    for name in formats:
        records = list(client.ListRecords(metadataPrefix=name))
        headers = [each.identifier for each in client.ListIdentifiers(metadataPrefix=name)]
        found[name] = [each.header.identifier for each in records]
        assert headers == found[name]
        alone = client.GetRecord(identifier=headers[0], metadataPrefix=name)
        assert alone.raw == records[0].raw
    return {"name": client.Identify().repositoryName, "sets": len(list(client.ListSets())), "records": found}


def by_scythe(address: str, method: str) -> dict[str, Any]:
    with Scythe(f"{address}/oai", http_config=HTTPConfig(method)) as client:
        formats = [each.metadataPrefix for each in client.list_metadata_formats()]
        found = {}
        for name in formats:
            records = list(client.list_records(metadata_prefix=name))
            headers = [each.identifier for each in client.list_identifiers(metadata_prefix=name)]
            found[name] = [each.header.identifier for each in records]
            assert headers == found[name]
            alone = client.get_record(identifier=headers[0], metadata_prefix=name)
            assert alone.header.identifier == headers[0]
        return {"name": client.identify().repositoryName, "sets": len(list(client.list_sets())), "records": found}


if __name__ == "__main__":
    harvested = [each(sys.argv[1], method) for each in (by_sickle, by_scythe) for method in ("GET", "POST")]
    print(json.dumps(harvested))
