"""`/v1/staff/keys`: everybody's keys for who manages them, and one's own for everybody."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.catalogue.schema import Line, Schema
from app.kit.clock import rfc3339
from app.kit.tokens import Token
from app.staff.auth import keys
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.confirmation import DESCRIPTION, check_confirmation_in_query, quantity
from app.staff.auth.key_use import use_of
from app.staff.auth.keys import MAX_LIFETIME_DAYS, MAX_NAME_LENGTH, OWN, Extent, KeyRow, KeyState, address
from app.staff.auth.routing import StaffRoute
from app.staff.scopes import SCOPES

KEEP_NOW_NOTE = "Store it now: a key is shown only once, when it is created."
NOT_SHOWN_NOTE = "A key is shown only once, when it is created. If it is lost, create a new one."

router = APIRouter(prefix="/v1/staff/keys", tags=["staff"], route_class=StaffRoute)

ScopeName = Annotated[str, Field(json_schema_extra={"enum": list(SCOPES)})]
KeyName = Annotated[Line, StringConstraints(max_length=MAX_NAME_LENGTH)]
Days = Annotated[int, Field(ge=1, le=MAX_LIFETIME_DAYS, description="Days until the key expires.")]
KeyId = Annotated[
    str, Path(description="The part of a key between its underscores, or `me` for the one you send.", examples=[OWN])
]


StateFilter = Annotated[KeyState | None, Query(description="Only items in this state.", examples=["live"])]


Ends = Annotated[
    Extent,
    Query(
        description="Which keys to revoke: only this `key`, to end an overlap early; also its `successors`, which it "
        "was rotated into; or `all`, including every key created with any of these (requires the scope `keys:manage`).",
        examples=["successors"],
    ),
]


ConfirmName = Annotated[
    Line | None, Query(description=DESCRIPTION.format(name="the name of the key"), examples=["Jo Bloggs"])
]


class KeyIn(Schema):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Jo Bloggs", "scopes": ["entries:read", "entries:write"], "expires_in_days": 365}]
        }
    )

    name: KeyName = Field(
        description="Name of the key's owner, as shown in the history. Only one active key may have it."
    )
    scopes: list[ScopeName] = Field(min_length=1, max_length=len(SCOPES), description="What the key is for.")
    expires_in_days: Days
    contact: Annotated[Line, StringConstraints(max_length=254)] | None = Field(
        None, description="E-mail address to write to about it; required for a key for reading alone."
    )


class RotationIn(Schema):
    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_days": 7}]})

    overlap_days: int = Field(7, ge=0, le=30, description="Days for which the old key continues to work.")
    expires_in_days: Days | None = Field(
        None,
        description="By default, the new key expires when the old one would have. With the scope `keys:manage` it can "
        "expire later, and by default has the full lifetime of the old one.",
    )


class KeyLinks(BaseModel):
    self: str
    rotated_to: str | None


class Key(BaseModel):
    """A key without its secret, which is not stored."""

    id: str
    name: str
    state: KeyState
    scopes: list[str]
    contact: str | None
    created_at: str
    created_by: str
    made_with: str | None = Field(description="Id of the key that made or rotated it; null for a command.")
    expires_at: str
    last_used_at: str | None = Field(description="To the minute.")
    revoked_at: str | None
    revoked_by: str | None
    links: KeyLinks


class DayOfUse(BaseModel):
    day: str = Field(description="In UTC.")
    requests: int = Field(description="Number of requests.")


class KeyWithUse(Key):
    use: list[DayOfUse] = Field(
        description="Requests for public addresses, of the last 31 days with any, newest first."
    )


class RevokedKey(Key):
    still_live: list[str] = Field(
        description="Ids of active keys that were created with it or its successors. They belong to others: "
        "only `extent=all` revokes them."
    )


class NewKey(Key):
    key: str | None = Field(description="Send it as `Authorization: Bearer …`. Shown only once.")
    note: str


class KeysMeta(BaseModel):
    count: int


class Keys(BaseModel):
    meta: KeysMeta
    results: list[Key]


@router.get("", operation_id="list_keys", summary="List keys")
def list_keys(work: Annotated[UnitOfWork, requires_scopes("keys:manage")], state: StateFilter = None) -> Keys:
    """All keys with their scopes and expiry, including expired and revoked ones. Secrets are never shown."""
    shown = [key_response(work, row) for row in keys.all_keys(work.session)]
    requested = [key for key in shown if state in (None, key.state)]
    return Keys(meta=KeysMeta(count=len(requested)), results=requested)


@router.post(
    "",
    status_code=201,
    operation_id="create_key",
    summary="Create a key",
    description="The response shows the key only once. It cannot have scopes that your key lacks. Available scopes:\n\n"
    + "\n".join(f"* `{scope}`: {text}" for scope, text in SCOPES.items()),
)
def create_key(work: Annotated[UnitOfWork, requires_scopes("keys:manage")], data: KeyIn) -> NewKey:
    row, token = keys.make_key(
        work.session,
        name=data.name,
        scopes=data.scopes,
        days=data.expires_in_days,
        by=work.actor,
        now=work.now,
        contact=data.contact,
    )
    return new_key_response(work, row, token)


@router.get("/{id}", operation_id="get_key", summary="Get a key")
def get_key(work: Annotated[UnitOfWork, requires_scopes()], id: KeyId) -> KeyWithUse:
    """Use `me` for your own key; any other requires the scope `keys:manage`."""
    row = keys.find_key(work.session, id, by=work.actor)
    use = [DayOfUse(day=each.day.isoformat(), requests=each.requests) for each in use_of(work.session, row.id)]
    return KeyWithUse(**dict(key_response(work, row)), use=use)


@router.delete("/{id}", operation_id="revoke_key", summary="Revoke a key")
def revoke_key(
    work: Annotated[UnitOfWork, requires_scopes()], id: KeyId, extent: Ends = "successors", confirm: ConfirmName = None
) -> RevokedKey:
    """The key stops working immediately, as do the keys it was rotated into: a thief may have rotated it.
    Use `me` for your own key; any other requires the scope `keys:manage`. Repeating it revokes only what is still
    active.
    """
    row = keys.find_key(work.session, id, by=work.actor, lock=True)
    check_confirmation_in_query(confirm, row.name)
    revoked = keys.revoke(work.session, row, by=work.actor, now=work.now, extent=extent)
    if work.dry_run:
        work.effects.append(f"{quantity(revoked, 'key')} of {row.name} will stop working at once.")
    left = [each.id for each in keys.left_by(work.session, row, work.now)]
    return RevokedKey(**dict(key_response(work, row)), still_live=left)


@router.post("/{id}/rotate", status_code=201, operation_id="rotate_key", summary="Rotate a key")
def rotate_key(work: Annotated[UnitOfWork, requires_scopes()], id: KeyId, data: RotationIn | None = None) -> NewKey:
    """Creates a new key with the same name and scopes, shown only once. The old one keeps working during the
    overlap. Use `me` for your own key; any other requires the scope `keys:manage`."""
    rotation = data or RotationIn()
    row, token = keys.rotate(
        work.session,
        keys.find_key(work.session, id, by=work.actor, lock=True),
        days=rotation.expires_in_days,
        overlap_days=rotation.overlap_days,
        by=work.actor,
        now=work.now,
    )
    return new_key_response(work, row, token)


def key_response(work: UnitOfWork, row: KeyRow) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        state=row.state(work.now),
        scopes=row.scopes,
        contact=row.contact,
        created_at=rfc3339(row.created_at),
        created_by=row.created_by,
        made_with=row.made_with,
        expires_at=rfc3339(row.expires_at),
        last_used_at=_format_moment(row.last_used_at),
        revoked_at=_format_moment(row.revoked_at),
        revoked_by=row.revoked_by,
        links=KeyLinks(
            self=work.url(address(row.id)), rotated_to=work.url(address(row.rotated_to)) if row.rotated_to else None
        ),
    )


def new_key_response(work: UnitOfWork, row: KeyRow, token: Token) -> NewKey:
    work.shown_once.update(key=None, note=NOT_SHOWN_NOTE)
    return NewKey(**dict(key_response(work, row)), key=token.text, note=KEEP_NOW_NOTE)


def _format_moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
