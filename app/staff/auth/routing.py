"""The route of every staff operation: key, parameters, body, idempotency and transaction, in that order.

`staff.api.router` says what a handler has to know of it.
"""

import json
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.http.bodies import JSON, MERGE_PATCH, RouteHandler, model_of, read_json
from app.http.client_address import client_address
from app.http.context import request_context
from app.http.rate_limits import count_request
from app.http.services import services_of
from app.kit.errors import AppError, ErrorDetail, Forbidden, Invalid, Unauthenticated
from app.kit.json_types import JsonObject
from app.kit.rate_limiter import RateLimiter
from app.kit.tokens import contains_token
from app.search.index.live_index import Index
from app.staff.auth.actors import Actor
from app.staff.auth.authorisation import UnitOfWork, declared_scopes
from app.staff.auth.confidentiality_limit import enforce_leak_limit, leaks_of, log_refusals, was_checked
from app.staff.auth.context import StaffContext
from app.staff.auth.idempotency import FIELD, Claim, fingerprint, idempotency_key, take_claim
from app.staff.auth.keys import PREFIX
from app.staff.auth.query_parameters import QueryParameters
from app.staff.auth.security_log import SecurityEvent, record
from app.staff.resource_types import resource_of
from app.staff.scopes import BY_TYPE

MAX_VALUES: Final = 50_000
"""In one body: batches are larger than what readers send."""
_ESCAPED: Final = re.compile(rb"\\u00([0-7][0-9A-Fa-f])")
"""An ASCII character in a JSON string."""


@dataclass(frozen=True, slots=True)
class StaffRequest:
    """An authenticated and authorised request, with its body."""

    request: Request
    context: StaffContext
    actor: Actor
    now: datetime
    dry_run: bool
    body: bytes

    def work(self, session: Session) -> UnitOfWork:
        """The unit of work, stored where the handler's dependency finds it."""
        if_match = self.request.headers.get("if-match")
        work = UnitOfWork(
            session, self.actor, self.now, self.context.base, self.dry_run, if_match, self.body, self.context.four_eyes
        )
        self.request.state.work = work
        return work


class StaffRoute(APIRoute):
    """Raises TypeError for an operation without `requires_scopes`."""

    def get_route_handler(self) -> RouteHandler:
        inner = super().get_route_handler()
        scopes = declared_scopes(self.dependant)
        if scopes is None:
            raise TypeError(f"{self.path}: a staff operation takes a UnitOfWork from `requires_scopes`")
        self.body_model = model_of(self.body_field)
        parameters = QueryParameters(self.dependant, writing=self.methods != {"GET"})

        async def handle(request: Request) -> Response:
            services = services_of(request)
            context = services[StaffContext]
            # Fails here while the database is unreachable, before a thread starts and blocks on it.
            await services[Index].published_revision()
            try:
                staff_request = await self._authenticate_request(request, context, scopes, parameters)
                if request.method == "GET":
                    return await _read(inner, staff_request)
                await self.prepare(staff_request)
                return await _write(inner, staff_request)
            except Forbidden as error:
                refusal = SecurityEvent("refuse", "scope", error.scope or "", self.operation_id)
                await run_in_threadpool(context.note_refusal, refusal, request.state.actor)
                raise

        return handle

    async def prepare(self, staff_request: StaffRequest) -> None:
        """For routes that send requests to other servers: runs before a write has its slot and its transaction."""

    async def _authenticate_request(
        self, request: Request, context: StaffContext, scopes: tuple[str, ...], parameters: QueryParameters
    ) -> StaffRequest:
        now = context.clock()
        authorization = request.headers.getlist("authorization")
        try:
            actor = await run_in_threadpool(context.authenticate, authorization, now)
        except Unauthenticated:
            _check_rate(request, context.failed_key_limiter, client_address(request))
            await run_in_threadpool(context.note_failure, authorization)
            raise
        request.state.actor, request_context(request.scope).key = actor, actor.key
        _check_rate(request, context.key_rate_limiter, actor.key or actor.name)
        for scope in scopes:
            actor.demand(resource_of(request.path_params).scope(scope) if scope in BY_TYPE else scope)
        dry_run = parameters.check(request.query_params.multi_items())
        return StaffRequest(request, context, actor, now, dry_run, await self._body(request))

    async def _body(self, request: Request) -> bytes:
        """As sent, after a strict reading where the handler's signature has one; FastAPI finds it read already."""
        body = await request.body()
        requested = self.body_field
        if requested is not None and (body or requested.field_info.is_required()):
            media_types = MERGE_PATCH if request.method == "PATCH" else JSON
            await read_json(request, media_types, max_nodes=MAX_VALUES, model=self.body_model)
        if request.method != "GET":
            _reject_keys(request, body)
        return body


def _reject_keys(request: Request, body: bytes) -> None:
    """Raises Invalid for a key of the service in anything that would be stored: the body, however it is encoded, the
    query, and `Idempotency-Key`."""
    query = unquote_to_bytes(request.scope["query_string"])
    bodies = [body, body.replace(b"\0", b""), _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), body)]
    for parameter, texts in (("", bodies), ("the query", [query]), (FIELD, request.headers.getlist(FIELD))):
        if any(contains_token(PREFIX, text if isinstance(text, bytes) else text.encode()) for text in texts):
            message = "This contains a key of the service, which would be stored and shown."
            error = ErrorDetail("holds-a-key", message, parameter or None, None if parameter else "")
            raise Invalid("Keys must not be stored.", errors=[error])


def _check_rate(request: Request, limiter: RateLimiter, client: str) -> None:
    """Raises TooManyRequests; the response has the quota in any case."""
    quota = count_request(request, limiter, client, "Too many requests in the last minute.")
    request_context(request.scope).quotas = (quota,)


async def _read(inner: RouteHandler, staff_request: StaffRequest) -> Response:
    async with _threaded(staff_request.context.sessions.read()) as session:
        work = staff_request.work(session)
        response = await inner(staff_request.request)
    if work.seen:
        async with staff_request.context.writers.acquire():
            await run_in_threadpool(_log, staff_request, work.seen, 0)
    return response


async def _write(inner: RouteHandler, staff_request: StaffRequest) -> Response:
    async with staff_request.context.writers.acquire():
        request = staff_request.request
        key = idempotency_key(request.headers.getlist(FIELD) if request.method == "POST" else ())
        if key is None or staff_request.dry_run:
            return await _run_in_transaction(inner, staff_request, None)
        owner = staff_request.actor.key or ""
        request_fingerprint = fingerprint(request, staff_request.body)
        claim = await run_in_threadpool(
            take_claim, staff_request.context.sessions, owner, key, request_fingerprint, now=staff_request.now
        )
        if isinstance(claim, Response):
            return claim
        try:
            return await _run_in_transaction(inner, staff_request, claim)
        except BaseException:
            await run_in_threadpool(claim.release, staff_request.context.sessions)
            raise


async def _run_in_transaction(inner: RouteHandler, staff_request: StaffRequest, claim: Claim | None) -> Response:
    """The response, after the transaction is committed and what it shows is in the security log."""
    work: UnitOfWork | None = None
    try:
        async with _threaded(staff_request.context.sessions.write()) as session:
            work = staff_request.work(session)
            response = await inner(staff_request.request)
            response = await run_in_threadpool(_finish_work, work, response, claim)
    except AppError as error:
        if work is not None:
            await run_in_threadpool(_log, staff_request, (), leaks_of(work.session, error))
            await run_in_threadpool(_enforce_leak_limit, staff_request, work, error)
        raise
    await run_in_threadpool(_log, staff_request, () if staff_request.dry_run else work.seen, leaks_of(work.session))
    return response


def _log(staff_request: StaffRequest, seen: Sequence[SecurityEvent], leaks: int) -> None:
    """In a transaction of its own: work that was rolled back may have shown something too."""
    if not seen and not leaks:
        return
    with staff_request.context.sessions.write() as session:
        for event in seen:
            record(session, event, by=staff_request.actor, now=staff_request.now)
        if leaks:
            operation = staff_request.request.scope["route"].operation_id
            log_refusals(session, operation, leaks, by=staff_request.actor, now=staff_request.now)


def _enforce_leak_limit(staff_request: StaffRequest, work: UnitOfWork, error: AppError) -> None:
    """Raises TooManyRequests instead of `error` where a text was checked and the limit is exceeded."""
    if was_checked(work.session):
        with staff_request.context.sessions.read() as session:
            enforce_leak_limit(
                session, staff_request.actor, staff_request.now, leaks=leaks_of(work.session, error), logged=True
            )


def _finish_work(work: UnitOfWork, response: Response, claim: Claim | None) -> Response:
    """Rolls a dry run back, and stores the response where the request has an idempotency key."""
    if was_checked(work.session):
        enforce_leak_limit(work.session, work.actor, work.now, leaks=leaks_of(work.session))
    if work.dry_run:
        work.session.flush()
        work.session.rollback()
        return _replace_body(response, _dry_run_members(work, response))
    if claim is not None:
        kept = {**_json_members(response), **work.shown_once} if work.shown_once else None
        claim.store(work.session, response, _body_of(response) if kept is None else json.dumps(kept).encode())
    return response


def _dry_run_members(work: UnitOfWork, response: Response) -> JsonObject:
    effects = {"effects": work.effects} if work.effects else {}
    return {**_json_members(response), **work.shown_once, **effects, "dry_run": True}


def _body_of(response: Response) -> bytes:
    """Raises AttributeError for a streamed response, which no staff operation may give to a write."""
    return bytes(response.body)


def _json_members(response: Response) -> JsonObject:
    """The members of the JSON object in the body; none where the body is empty."""
    members: JsonObject = json.loads(_body_of(response) or b"{}")
    return members


def _replace_body(response: Response, members: JsonObject) -> Response:
    status = 200 if response.status_code == 204 else response.status_code
    made = Response(json.dumps(members, ensure_ascii=False), status, media_type="application/json")
    headers = ((name, value) for name, value in response.headers.items() if name not in ("content-length", "etag"))
    for name, value in headers:
        made.headers[name] = value
    return made


def _threaded(context: AbstractContextManager[Session]) -> Any:
    """Begin and end in threads: a commit waits for the disk."""
    return contextmanager_in_threadpool(context)
