"""`/v1/staff/{resource_type}/{slug}/confidential`, for each kind that has something to keep to itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, Field, WithJsonSchema

from app.catalogue.entries import EntryRow
from app.catalogue.kind import Kind
from app.kit.clock import rfc3339
from app.kit.errors import ErrorDetail, Invalid
from app.staff.api.resource_router import subject_responses
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.preconditions import etag
from app.staff.auth.routing import StaffRoute
from app.staff.resource_types import ConfidentialPath
from app.staff.workflow import confidential
from app.staff.workflow.confidential import ConfidentialIn

FirstVersion = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='ETag of the version to change, `"0"` if nothing is stored yet; '
        "required unless the body has `version`.",
        examples=['"0"'],
    ),
]


def _patch_schema() -> dict[str, Any]:
    """That of the input, with the version that was seen."""
    schema = ConfidentialIn.model_json_schema()
    schema["properties"]["version"] = {"type": "integer", "minimum": 0, "description": "Instead of If-Match."}
    example = {"notes": "Agreed with the partners: no place below the nation.", "words": [], "version": 0}
    return schema | {"examples": [example]}


ConfidentialPatch = Annotated[dict[str, Any], WithJsonSchema(_patch_schema())]


class Leak(BaseModel):
    """A published passage that contains one of the words."""

    url: str
    pointer: str = Field(description="JSON Pointer (RFC 6901) into the document at that address.")


class ConfidentialLinks(BaseModel):
    self: str
    entry: str


class Confidential(BaseModel):
    """Confidential information about one entry, which is never published."""

    kind: str
    slug: str
    version: int = Field(description="0 if there are none yet.")
    name: str | None
    notes: str
    words: list[str]
    updated_at: str | None
    updated_by: str | None
    told: list[Leak] = Field(description="Published passages that contain one of the words.")
    links: ConfidentialLinks


router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)
PATH = "/{resource_type:confidential}/{slug}/confidential"


@router.get(
    PATH, operation_id="get_confidential", summary="Get confidential notes", responses=subject_responses(Confidential)
)
def get_confidential(
    work: Annotated[UnitOfWork, requires_scopes("confidential:read")], params: ConfidentialPath, response: Response
) -> Confidential:
    """Name, notes and words to avoid. They appear in no public response, working copy, history, export or log.

    Publishing anything that is about this entry, names it or is related to it is refused while its text contains
    the name or one of the words; the error has the pointer to it and does not repeat the word.
    """
    return _build_response(work, params.kind, confidential.entry_of(work.session, params.kind, params.slug), response)


@router.patch(
    PATH,
    operation_id="change_confidential",
    summary="Change confidential notes",
    responses=subject_responses(Confidential),
)
def change_confidential(
    work: Annotated[UnitOfWork, requires_scopes("confidential:write")],
    params: ConfidentialPath,
    response: Response,
    patch: ConfidentialPatch,
    if_match: FirstVersion = None,
) -> Confidential:
    """A merge patch (RFC 7396): members that are not sent stay, null clears one. What is already published stays;
    `told` shows where it contains one of the words. The history names the changed fields, without values. A dry run
    leaves no trace, so it does not show what is kept.
    """
    requested = work.expected_version(_version(patch))
    changes = {name: value for name, value in patch.items() if name != "version"}
    entry = confidential.change(
        work.session, params.kind, params.slug, changes, expected=requested, by=work.actor.name, now=work.now
    )
    return _build_response(work, params.kind, entry, response)


def _version(patch: dict[str, Any]) -> int | None:
    version = patch.get("version")
    if version is None or (isinstance(version, int) and not isinstance(version, bool)):
        return version
    raise Invalid(errors=[ErrorDetail("wrong-type", "This is the number of a version.", pointer="/version")])


def _build_response(work: UnitOfWork, kind: Kind, entry: EntryRow, response: Response) -> Confidential:
    row = confidential.load_confidential(work.session, entry)
    work.note_seen("read", confidential.HISTORY, entry.slug)
    if work.dry_run:
        work.shown_once.update(name=None, notes="", words=[])
    response.headers["ETag"] = etag(row.version if row else 0)
    home = f"/v1/staff/{kind.collection}/{entry.slug}"
    return Confidential(
        kind=kind.name,
        slug=entry.slug,
        version=row.version if row else 0,
        name=row.name if row else None,
        notes=row.notes if row else "",
        words=row.words if row else [],
        updated_at=rfc3339(row.updated_at) if row else None,
        updated_by=row.updated_by if row else None,
        told=[
            Leak(url=work.url(each.url), pointer=each.pointer)
            for each in confidential.published_leaks(work.session, entry)
        ],
        links=ConfidentialLinks(self=work.url(f"{home}/confidential"), entry=work.url(home)),
    )
