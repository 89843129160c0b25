"""Creating, finding, reading, correcting and deleting, for every kind there is."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import Field, create_model

from app.catalogue.registry import ENTRY_KINDS
from app.catalogue.schema import Line, MomentText, Schema
from app.catalogue.terms import TermIn
from app.kit.clock import parsed_moment
from app.kit.errors import BadQuery, Fault, Invalid
from app.kit.suggest import nearest
from app.staff.authorising import Work, needs
from app.staff.homes import READ, Home, Place
from app.staff.listing import State, Wanted, find_all
from app.staff.patching import checked, differences, merged, validated
from app.staff.representing import PageNumber, PerPage, StaffView, page_of, paged, represent, view_of
from app.staff.steps import create, delete, edit, public_data
from app.staff.subjects import Subject, load, opened
from app.staff.versions import IfMatch, etag

Since = Annotated[MomentText | None, Query(description="Last step then or later.", examples=["2026-01-01T00:00:00Z"])]
Until = Annotated[MomentText | None, Query(description="Last step then or earlier.", examples=["2099-01-01T00:00:00Z"])]
StateAsked = Annotated[State | None, Query(description="Where the work stands.", examples=["published"])]
Words = Annotated[str | None, Query(max_length=200, description="Words of the title.", examples=["e"])]
Editor = Annotated[str | None, Query(max_length=200, description="Who took the last step.", examples=["Jo Bloggs"])]
Note = Annotated[Line | None, Query(description="Why, for the history.", examples=["Agreed with the authors."])]


def shown(work: Work, subject: Subject, response: Response) -> dict[str, Any]:
    """One thing, with its ETag."""
    response.headers["ETag"] = etag(subject.version)
    return represent(work, subject)


def there(model: Any, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The description of an answer with one thing."""
    headers = {"ETag": {"$ref": "#/components/headers/ETag"}}
    return {status: {"model": model, "description": "As it is now.", "headers": headers}}


def add_finding(router: APIRouter, home: Home) -> None:
    kind, view = home.kind, view_of(home.kind)
    listed = page_of(f"{view.__name__}Page", view)

    @router.get(
        "",
        operation_id=f"list_{home.one}_work",
        summary=f"Find {home.many}, also those that are not public",
        responses={200: {"model": listed, "description": "One page, the last changed first."}},
    )
    def list_work(
        work: Annotated[Work, needs(READ)],
        place: Annotated[Place, Depends(home.inside)],
        state: StateAsked = None,
        q: Words = None,
        editor: Editor = None,
        since: Since = None,
        until: Until = None,
        page: PageNumber = 1,
        per_page: PerPage = 25,
    ) -> Any:
        """By state, words of the title, who took the last step and when. Whatever is asked for has to be true of it."""
        wanted = Wanted(state, q or "", editor, parsed(since), parsed(until))
        count, found = find_all(work.session, [kind], wanted, page=page, per_page=per_page, scheme=place.scheme)
        asked = {"state": state, "q": q, "editor": editor, "since": since, "until": until, "per_page": per_page}
        here = _asked(work.url(home.path.replace("{vocabulary}", place.scheme or "")), asked)
        return paged(here, [represent(work, each) for each in found], count=count, page=page, per_page=per_page)

    @router.get(
        "/{slug}",
        operation_id=f"get_{home.one}_work",
        summary=f"Look at {home.a_one} as staff see it",
        responses=there(view),
    )
    def get_work(
        work: Annotated[Work, needs(READ)], place: Annotated[Place, Depends(home.at)], response: Response
    ) -> Any:
        """With what waits to be published. Its ETag, or `version`, is asked for by whatever changes it."""
        return shown(work, load(work.session, kind, place.slug, scheme=place.scheme), response)

    @router.get(
        "/{slug}/changes",
        operation_id=f"compare_{home.one}",
        summary=f"Compare {home.a_one} with what readers see",
        responses={200: {"model": changes_of(home), "description": "What differs from what readers see."}},
    )
    def compare(work: Annotated[Work, needs(READ)], place: Annotated[Place, Depends(home.at)]) -> Any:
        """By field, what readers see (`old`) and what staff see (`new`); of lists also the items that differ."""
        subject = load(work.session, kind, place.slug, scheme=place.scheme)
        before = {} if subject.never_public else public_data(work.session, subject)
        return {"version": subject.version, "changes": differences(before, subject.data)}


def changes_of(home: Home) -> Any:
    changes: Any = dict[str, dict[str, Any]]
    return create_model(
        f"{home.kind.input.__name__.removesuffix('In')}Changes", version=(int, ...), changes=(changes, ...)
    )


def add_everything(router: APIRouter) -> None:
    """All kinds of entry in one list."""
    names = [kind.name for kind in ENTRY_KINDS]
    one_of = Annotated[str, Field(json_schema_extra={"enum": names})]
    asked: Any = Annotated[list[one_of] | None, Query(description="Of these kinds.", examples=[names[:1]])]

    def list_entries(
        work: Annotated[Work, needs(READ)],
        kind: Any = None,
        state: StateAsked = None,
        q: Words = None,
        editor: Editor = None,
        since: Since = None,
        until: Until = None,
        page: PageNumber = 1,
        per_page: PerPage = 25,
    ) -> Any:
        """Whatever its kind: by kind, state, words of the title, who took the last step and when."""
        if unknown := sorted(set(kind or ()) - set(names)):
            guess = next(iter(nearest(unknown[0], names, 1)), None)
            raise BadQuery(errors=[Fault("not-allowed", "There is no such kind.", "kind", None, tuple(names), guess)])
        kinds = [each for each in ENTRY_KINDS if each.name in (kind or names)]
        wanted = Wanted(state, q or "", editor, parsed(since), parsed(until))
        count, found = find_all(work.session, kinds, wanted, page=page, per_page=per_page)
        given = {"kind": kind, "state": state, "q": q, "editor": editor, "since": since, "until": until}
        here = _asked(work.url("/v1/staff/entries"), given | {"per_page": per_page})
        return paged(here, [represent(work, each) for each in found], count=count, page=page, per_page=per_page)

    list_entries.__annotations__["kind"] = asked
    router.add_api_route(
        "/v1/staff/entries",
        list_entries,
        methods=["GET"],
        operation_id="list_entries_work",
        summary="Find entries of every kind, also those that are not public",
        responses={200: {"model": page_of("StaffPage", StaffView), "description": "One page, the last changed first."}},
    )


def _asked(path: str, given: dict[str, Any]) -> str:
    """The address of a list, ready for its page."""
    return f"{path}?{urlencode({name: value for name, value in given.items() if value is not None}, doseq=True)}&"


def add_editing(router: APIRouter, home: Home) -> None:
    kind, view = home.kind, view_of(home.kind)

    def create_work(work: Work, place: Place, data: Any, response: Response, note: Note = None) -> Any:
        """It is checked as a whole, and every fault is named. An entry is a draft until somebody publishes it; anything
        else is there for readers as soon as something published names it."""
        check_vocabulary(data, place)
        subject = create(work.session, kind, data, by=work.actor.name, now=work.now, note=note)
        answer = shown(work, subject, response)
        response.headers["Location"] = answer["links"]["self"]
        return answer

    create_work.__annotations__ |= {
        "work": Annotated[Work, needs(home.write)],
        "place": Annotated[Place, Depends(home.inside)],
        "data": kind.input,
    }
    router.add_api_route(
        "",
        create_work,
        methods=["POST"],
        status_code=201,
        operation_id=f"create_{home.one}",
        summary=f"Add {home.a_one}{', as a draft' if kind.is_entry else ''}",
        responses=there(view, 201),
    )

    @router.patch("/{slug}", operation_id=f"edit_{home.one}", summary=f"Correct {home.a_one}", responses=there(view))
    def edit_work(
        work: Annotated[Work, needs(home.write)],
        place: Annotated[Place, Depends(home.at)],
        patch: Annotated[dict[str, Any], Body(examples=[PATCH])],
        response: Response,
        if_match: IfMatch = None,
    ) -> Any:
        """A merge patch (RFC 7396) of `data`: members replace, null removes. `version` (or If-Match) is the version
        that you saw, `note` says why. What readers know already is changed in a working copy, which waits to be
        published.
        """
        fields, version, note = taken_apart(patch)
        subject = opened(
            work.session, kind, place.slug, expected=work.expected(version), scheme=place.scheme, patch=fields
        )
        data = validated(kind, merged(subject.data, fields))
        return shown(work, edit(work.session, subject, data, by=work.actor.name, now=work.now, note=note), response)


PATCH = {"version": 1, "sources": ["A colleague, by letter"], "note": "Where it comes from."}


class PatchSteps(Schema):
    """What a merge patch says beside the fields."""

    version: int | None = Field(None, ge=1)
    note: Line | None = None


def taken_apart(patch: dict[str, Any]) -> tuple[dict[str, Any], int | None, str | None]:
    """The fields, the version seen, and the reason. Raises `Invalid`."""
    own = {name: patch[name] for name in PatchSteps.model_fields if name in patch}
    steps = checked(PatchSteps, own)
    return {name: value for name, value in patch.items() if name not in own}, steps.version, steps.note


def check_vocabulary(data: Schema, place: Place) -> None:
    """A term is made in the vocabulary that the address names."""
    if isinstance(data, TermIn) and data.scheme != place.scheme:
        fault = Fault("contradiction", "The address names another vocabulary.", pointer="/scheme")
        raise Invalid(errors=(fault,))


def add_deleting(router: APIRouter, home: Home) -> None:
    @router.delete(
        "/{slug}",
        status_code=204,
        operation_id=f"delete_{home.one}",
        summary=f"Delete {home.a_one} that was never public",
        responses={204: {"description": "It is gone; its history stays."}},
    )
    def delete_work(
        work: Annotated[Work, needs(home.write)],
        place: Annotated[Place, Depends(home.at_draft)],
        if_match: IfMatch = None,
        note: Note = None,
    ) -> None:
        """A draft that nothing else names. What was public is withdrawn, or merged into another, instead."""
        subject = opened(work.session, home.kind, place.slug, expected=work.expected(), scheme=place.scheme)
        delete(work.session, subject, by=work.actor.name, now=work.now, note=note)


def parsed(text: str | None) -> datetime | None:
    """The moment that a parameter names."""
    return None if text is None else parsed_moment(text)
