"""`/v1/mail-reports`: bounces and complaints as a mail service reports them, signed."""

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field
from starlette.requests import Request

from app.catalogue.schema import Line, Schema, example
from app.http.bodies import model_of, read_json
from app.kit.errors import Fault, Invalid, NotFound, Unauthenticated
from app.mailing.bounces import Verdict, judged, take_in
from app.mailing.composing import delivery_named
from app.mailing.describing import PROBLEM, Responses, problems, taking
from app.mailing.office import Office, office_of
from app.mailing.routing import writing

AGE: Final = timedelta(minutes=5)
"""A request that is older, or comes from as far in the future, is not taken: somebody may have kept it."""


SIGNATURE: Final = APIKeyHeader(
    name="X-Mail-Signature",
    scheme_name="mail-signature",
    auto_error=False,
    description="HMAC-SHA-256, in hexadecimal digits, of `X-Mail-Timestamp`, a full stop and the body.",
)


class ReportRoute(APIRoute):
    """Reads the body strictly, and leaves it as it was sent for the signature."""

    def get_route_handler(self) -> Any:
        inner = super().get_route_handler()
        model = model_of(self.body_field)

        async def handle(request: Request) -> Any:
            office = office_of(request)
            _demand_signature(office, request, await request.body())
            await read_json(request, model=model)
            async with writing(request):
                return await inner(request)

        return handle


class ReportIn(Schema):
    """One event. `message_id` is that of the mail, or the address that its bounces go to."""

    id: Line = Field(max_length=200, description="Your name for the event: it counts once.")
    type: Literal["bounce", "complaint"]
    message_id: Line = Field(max_length=400)
    status: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$", description="RFC 3463.")] | None = None


class ReportsIn(Schema):
    model_config = example({"events": [{"id": "e-1", "type": "bounce", "message_id": "<1.0@kb>", "status": "5.1.1"}]})

    events: list[ReportIn] = Field(max_length=1000)


class Taken(BaseModel):
    """How many events were new, and about mail of ours."""

    taken: int


router = APIRouter(prefix="/v1/mail-reports", tags=["subscribe"], route_class=ReportRoute)


FORGED: Final[Responses] = {401: {"description": "The signature is not right.", "content": PROBLEM}}


@router.post(
    "",
    operation_id="report_mail",
    summary="Report bounces and complaints",
    responses=FORGED | problems(404, 413, 415, 422),
    openapi_extra=taking(ReportsIn),
)
def report_mail(
    office: Annotated[Office, Depends(office_of)],
    data: ReportsIn,
    x_mail_timestamp: Annotated[
        str, Header(description="Seconds since 1970.", max_length=20, examples=["1770000000"])
    ] = "",
    _signature: Annotated[str | None, Security(SIGNATURE)] = None,
) -> Taken:
    """For the mail service that sends for us. `X-Mail-Signature` is the HMAC-SHA-256 of `X-Mail-Timestamp`, a full stop
    and the body, with `KB_BOUNCE_SECRET` as its key. An event counts once, however often it is reported; one about what
    we never sent counts for nothing. Without that setting, nothing is here."""
    taken = 0
    with office.sessions.write() as session:
        for event in data.events:
            number = _number(office, event.message_id)
            now = office.clock()
            taken += take_in(office, session, f"api/{event.id}", number, _verdict(event), event.status, now=now)
    return Taken(taken=taken)


def _verdict(event: ReportIn) -> Verdict:
    if event.type == "complaint":
        return Verdict.complaint
    return Verdict.soft if event.status is None else judged(None, event.status)


def _number(office: Office, message_id: str) -> int | None:
    local = message_id.strip("<> ").rpartition("@")[0]
    return delivery_named(office.keyring, local.rpartition("+")[2])


def _demand_signature(office: Office, request: Request, body: bytes) -> None:
    """Raises NotFound where nobody may report, Unauthenticated for what is forged, and Invalid for what is stale."""
    secret = office.settings.bounce_secret
    if secret is None:
        raise NotFound
    stamp = request.headers.get("x-mail-timestamp", "")
    signed = hmac.new(secret.get_secret_value().encode(), f"{stamp}.".encode() + body, sha256).hexdigest()
    if not hmac.compare_digest(signed.encode(), request.headers.get("x-mail-signature", "").encode()):
        raise Unauthenticated("The signature is not right.")
    if not stamp.isdecimal() or abs(int(stamp) - office.clock().timestamp()) > AGE.total_seconds():
        fault = Fault("stale", "The request is older than five minutes, or from the future.", "X-Mail-Timestamp")
        raise Invalid("The request is stale.", errors=[fault])
