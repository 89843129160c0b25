"""The six verbs: from arguments to the XML of a response."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from app.exports.context import ExportContext
from app.exports.metadata.xml_text import DECLARATION, XmlAttributes, branch, leaf
from app.exports.record import Record
from app.harvest.oai.arguments import RESUMED, Arguments, Resumption, parse_arguments
from app.harvest.oai.errors import OaiError
from app.harvest.oai.metadata import METADATA_FORMATS
from app.harvest.oai.policies import describe_policies
from app.harvest.oai.records import ItemPage, OaiItem, earliest_datestamp, find_item, list_items
from app.harvest.oai.sets import list_sets
from app.kit.clock import Clock, rfc3339
from app.kit.values.uuids import canonical_uuid
from app.reading.content.projection import make_view
from app.reading.requests.urls import Pair, UrlBuilder
from app.search.index.live_index import ReadView

PATH: Final = "/oai"
NAMESPACE: Final = "http://www.openarchives.org/OAI/2.0/"
ROOT: Final[XmlAttributes] = {
    "xmlns": NAMESPACE,
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": f"{NAMESPACE} {NAMESPACE}OAI-PMH.xsd",
}
SETS_PER_PAGE: Final = 500
GRANULARITY: Final = "YYYY-MM-DDThh:mm:ssZ"


@dataclass(frozen=True)
class Repository:
    """`email` is that of who answers for the service, `licence` the address of that of the metadata."""

    name: str
    urls: UrlBuilder
    email: str
    licence: str
    clock: Clock

    @property
    def url(self) -> str:
        return f"{self.urls.base}{PATH}"

    @property
    def prefix(self) -> str:
        """What identifiers begin with."""
        return f"oai:{self._host}:"

    @property
    def _host(self) -> str:
        return str(urlsplit(self.urls.base).hostname)

    def respond(self, view: ReadView, pairs: Sequence[Pair]) -> str:
        """The whole response."""
        try:
            arguments = parse_arguments(pairs)
        except OaiError as error:
            given = dict(pairs) if error.code not in ("badVerb", "badArgument") else {}
            return self._document(given, _error(error))
        try:
            content = self._verbs[arguments.verb](view, arguments)
        except OaiError as error:
            return self._document(arguments.given, _error(error))
        return self._document(arguments.given, branch(arguments.verb, content))

    def _document(self, given: Mapping[str, str], content: str) -> str:
        parts = (leaf("responseDate", rfc3339(self.clock())), leaf("request", self.url, {**given}), content)
        return DECLARATION + branch("OAI-PMH", *parts, attributes=ROOT)

    @property
    def _verbs(self) -> Mapping[str, Callable[[ReadView, Arguments], str]]:
        return {
            "Identify": self._identify,
            "ListMetadataFormats": self._list_metadata_formats,
            "ListSets": self._list_sets,
            "GetRecord": self._get_record,
            "ListIdentifiers": self._list_identifiers,
            "ListRecords": self._list_records,
        }

    def _identify(self, view: ReadView, arguments: Arguments) -> str:
        return "".join(
            (
                leaf("repositoryName", self.name),
                leaf("baseURL", self.url),
                leaf("protocolVersion", "2.0"),
                leaf("adminEmail", self.email),
                leaf("earliestDatestamp", rfc3339(earliest_datestamp(view))),
                leaf("deletedRecord", "persistent"),
                leaf("granularity", GRANULARITY),
                leaf("compression", "gzip"),
                *describe_policies(self._host, f"{self.urls.pages.base}/", self.licence),
            )
        )

    def _list_metadata_formats(self, view: ReadView, arguments: Arguments) -> str:
        if arguments.identifier is not None:
            find_item(view, self._uuid(arguments.identifier))
        return "".join(
            branch(
                "metadataFormat",
                leaf("metadataPrefix", each.prefix),
                leaf("schema", each.schema),
                leaf("metadataNamespace", each.namespace),
            )
            for each in METADATA_FORMATS.values()
        )

    def _list_sets(self, view: ReadView, arguments: Arguments) -> str:
        start = arguments.resumption.cursor if arguments.resumption else 0
        found = list(islice(list_sets(view.snapshot), start, start + SETS_PER_PAGE + 1))
        if not found:
            raise OaiError("badResumptionToken", "There are no more sets.")
        shown = found[:SETS_PER_PAGE]
        sets = "".join(branch("set", leaf("setSpec", each.spec), leaf("setName", each.name)) for each in shown)
        following = Resumption(0, 0, start + SETS_PER_PAGE, view.snapshot.revision)
        return sets + _resumption(arguments, start, following if len(found) > len(shown) else None)

    def _get_record(self, view: ReadView, arguments: Arguments) -> str:
        return self._record(find_item(view, self._uuid(arguments.identifier or "")), arguments.prefix)

    def _list_identifiers(self, view: ReadView, arguments: Arguments) -> str:
        page = list_items(view, arguments)
        return "".join(self._header(each) for each in page.items) + _page_end(arguments, page)

    def _list_records(self, view: ReadView, arguments: Arguments) -> str:
        page = list_items(view, arguments)
        return "".join(self._record(each, arguments.prefix) for each in page.items) + _page_end(arguments, page)

    def _uuid(self, identifier: str) -> str:
        try:
            if not identifier.startswith(self.prefix):
                raise ValueError
            return canonical_uuid(identifier.removeprefix(self.prefix))
        except ValueError:
            raise OaiError("idDoesNotExist", "There is no such item.") from None

    def _header(self, item: OaiItem) -> str:
        parts = [
            leaf("identifier", self.prefix + item.uuid),
            leaf("datestamp", rfc3339(item.datestamp)),
            *(leaf("setSpec", each) for each in item.sets),
        ]
        return branch("header", *parts, attributes={"status": "deleted"} if item.document is None else None)

    def _record(self, item: OaiItem, prefix: str) -> str:
        if item.document is None:
            return branch("record", self._header(item))
        record = make_view(item.document, "record", self.urls.pages_elsewhere)
        if not isinstance(record, Record):
            raise OaiError("cannotDisseminateFormat", "This item has no metadata in this format.")
        context = ExportContext(title=self.name, url=self.urls.base, publisher=self.name, is_single=True)
        metadata = METADATA_FORMATS[prefix].render(record, context)
        return branch("record", self._header(item), branch("metadata", metadata))


def _error(error: OaiError) -> str:
    return leaf("error", error.message, {"code": error.code})


def _page_end(arguments: Arguments, page: ItemPage) -> str:
    return _resumption(arguments, page.cursor, page.following)


def _resumption(arguments: Arguments, cursor: int, following: Resumption | None) -> str:
    """Empty on the last page of several; none where there is only one (section 3.5)."""
    if following is None and arguments.resumption is None:
        return ""
    if following is None:
        return f'<{RESUMED} cursor="{cursor}"/>'
    return leaf(RESUMED, arguments.token(following), {"cursor": str(cursor)})
