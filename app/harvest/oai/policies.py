"""What Identify says beside what it must: how identifiers are made, and what may be done with the metadata."""

import re
from collections.abc import Iterator
from typing import Final

from app.exports.metadata.xml_text import XmlAttributes, attribute_text, branch, leaf

IDENTIFIERS: Final = "http://www.openarchives.org/OAI/2.0/oai-identifier"
EPRINTS: Final = "http://www.openarchives.org/OAI/1.1/eprints"
RIGHTS: Final = "http://www.openarchives.org/OAI/2.0/rights/"
METADATA: Final = "http://www.openarchives.org/OAI/2.0/entity#metadata"
SAMPLE: Final = "00000000-0000-8000-8000-000000000000"
_DOMAIN: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z][a-zA-Z0-9-]*)+")
"""What the schema of identifiers takes for a repository: no address of a machine, nor a name without a dot."""


def describe_policies(host: str, page: str, licence: str) -> Iterator[str]:
    """Each `description`. `page` is where people read what the repository has; `licence` is the address of that of the
    metadata."""
    if _DOMAIN.fullmatch(host):
        yield branch("description", _identifiers(host))
    yield branch("description", _eprints(page, licence))
    yield branch("description", _rights(licence))


def _identifiers(host: str) -> str:
    parts = (
        leaf("scheme", "oai"),
        leaf("repositoryIdentifier", host),
        leaf("delimiter", ":"),
        leaf("sampleIdentifier", f"oai:{host}:{SAMPLE}"),
    )
    return branch("oai-identifier", *parts, attributes=_namespace(IDENTIFIERS, f"{IDENTIFIERS}.xsd"))


def _eprints(page: str, licence: str) -> str:
    metadata = "The metadata may be used by anybody, under the licence below."
    data = "What the metadata describe has licences of its own; a record names the one that is known."
    parts = (
        branch("content", leaf("URL", page)),
        branch("metadataPolicy", leaf("text", metadata), leaf("URL", licence)),
        branch("dataPolicy", leaf("text", data)),
    )
    return branch("eprints", *parts, attributes=_namespace(EPRINTS, f"{EPRINTS}.xsd"))


def _rights(licence: str) -> str:
    reference = f"<rightsReference{attribute_text({'ref': licence})}/>\n"
    schema = "http://www.openarchives.org/OAI/2.0/rightsManifest.xsd"
    attributes = {**_namespace(RIGHTS, schema), "appliesTo": METADATA}
    return branch("rightsManifest", branch("rights", reference), attributes=attributes)


def _namespace(name: str, schema: str) -> XmlAttributes:
    return {"xmlns": name, "xsi:schemaLocation": f"{name} {schema}"}
