"""`/v1/mail-reports`: bounces and complaints as a mail service reports them, signed."""

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field
from starlette.requests import Request

from app.catalogue.schema import Line, Schema, example
from app.http.bodies import model_of, read_json
from app.http.services import service, services_of
from app.kit.errors import ErrorDetail, Invalid, NotFound, Unauthenticated
from app.mailing.api.routing import writing
from app.mailing.content.mime import parse_message_id
from app.mailing.context import MailContext
from app.mailing.delivery.bounces import BounceType, classify, record_report
from app.openapi.forms import PROBLEM, Responses, form_or_json_body, problems

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
            context = services_of(request)[MailContext]
            _verify_signature(context, request, await request.body())
            await read_json(request, model=model)
            async with writing(request):
                return await inner(request)

        return handle


class ReportIn(Schema):
    """One event. `message_id` is the Message-ID of the mail, or its bounce address."""

    id: Line = Field(max_length=200, description="Unique id of the event, which is counted only once.")
    type: Literal["bounce", "complaint"]
    message_id: Line = Field(max_length=400)
    status: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$", description="RFC 3463.")] | None = None


class ReportsIn(Schema):
    model_config = example({"events": [{"id": "e-1", "type": "bounce", "message_id": "<1.0@kb>", "status": "5.1.1"}]})

    events: list[ReportIn] = Field(max_length=1000)


class ReportsAccepted(BaseModel):
    """Number of events that were new and about our mail."""

    taken: int


router = APIRouter(prefix="/v1/mail-reports", tags=["subscribe"], route_class=ReportRoute)


BAD_SIGNATURE: Final[Responses] = {401: {"description": "Invalid signature.", "content": PROBLEM}}


@router.post(
    "",
    operation_id="report_mail",
    summary="Report bounces and complaints",
    responses=BAD_SIGNATURE | problems(404, 413, 415, 422),
    openapi_extra=form_or_json_body(ReportsIn),
)
def report_mail(
    context: Annotated[MailContext, service(MailContext)],
    data: ReportsIn,
    x_mail_timestamp: Annotated[
        str, Header(description="Seconds since 1970.", max_length=20, examples=["1770000000"])
    ] = "",
    _signature: Annotated[str | None, Security(SIGNATURE)] = None,
) -> ReportsAccepted:
    """For the mail service that delivers for us. `X-Mail-Signature` is the HMAC-SHA-256 of `X-Mail-Timestamp`, a
    full stop and the body, with `KB_BOUNCE_SECRET` as its key. Each event counts once; events about mail that we
    did not send are ignored. Without that setting, the response is 404."""
    taken = 0
    with context.sessions.write() as session:
        for event in data.events:
            number = _number(context, event.message_id)
            now = context.clock()
            taken += record_report(context, session, f"api/{event.id}", number, _verdict(event), event.status, now=now)
    return ReportsAccepted(taken=taken)


def _verdict(event: ReportIn) -> BounceType:
    if event.type == "complaint":
        return BounceType.complaint
    return BounceType.soft if event.status is None else classify(None, event.status)


def _number(context: MailContext, message_id: str) -> int | None:
    local = message_id.strip("<> ").rpartition("@")[0]
    return parse_message_id(context.signing_keys, local.rpartition("+")[2])


def _verify_signature(context: MailContext, request: Request, body: bytes) -> None:
    """Raises NotFound where nobody may report, Unauthenticated for what is forged, and Invalid for what is stale."""
    secret = context.settings.bounce_secret
    if secret is None:
        raise NotFound
    stamp = request.headers.get("x-mail-timestamp", "")
    signed = hmac.new(secret.get_secret_value().encode(), f"{stamp}.".encode() + body, sha256).hexdigest()
    if not hmac.compare_digest(signed.encode(), request.headers.get("x-mail-signature", "").encode()):
        raise Unauthenticated("Invalid signature.")
    if not stamp.isdecimal() or abs(int(stamp) - context.clock().timestamp()) > AGE.total_seconds():
        error = ErrorDetail(
            "stale", "The timestamp is more than five minutes old, or in the future.", "X-Mail-Timestamp"
        )
        raise Invalid("Stale request.", errors=[error])
