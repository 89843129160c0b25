"""The route of every staff operation: key, parameters, body, repetition and transaction, in that order.

`staff.api.router` says what a handler has to know of it.
"""

import json
import re
from collections.abc import Callable, Coroutine, Sequence
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

from app.http.bodies import JSON, MERGE_PATCH, model_of, read_json
from app.http.client_address import client_address
from app.http.context import request_context
from app.http.services import services_of
from app.kit.errors import AppError, ErrorDetail, Forbidden, Invalid, TooManyRequests, Unauthenticated
from app.kit.json_types import JsonObject
from app.kit.rate_limiter import RateLimiter
from app.kit.tokens import contains_token
from app.search.index.live_index import Index
from app.staff.auth.actors import Actor
from app.staff.auth.authorisation import UnitOfWork, declared_scopes
from app.staff.auth.confidentiality_limit import demand_left, is_told, leaks_of, log_refusals
from app.staff.auth.context import StaffContext
from app.staff.auth.idempotency import FIELD, Claim, claim, fingerprint, idempotency_key
from app.staff.auth.keys import PREFIX
from app.staff.auth.query_parameters import QueryParameters
from app.staff.auth.security_log import Event, record
from app.staff.resource_types import resource_of
from app.staff.scopes import BY_TYPE

MAX_VALUES: Final = 50_000
"""In one body: batches are larger than what readers send."""
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_ESCAPED: Final = re.compile(rb"\\u00([0-7][0-9A-Fa-f])")
"""An ASCII character in a JSON string."""


@dataclass(frozen=True, slots=True)
class StaffRequest:
    """A request of somebody who may make it, taken apart."""

    request: Request
    context: StaffContext
    actor: Actor
    now: datetime
    dry_run: bool
    body: bytes

    def work(self, session: Session) -> UnitOfWork:
        """The work, left where the handler's dependency finds it."""
        if_match = self.request.headers.get("if-match")
        work = UnitOfWork(
            session, self.actor, self.now, self.context.base, self.dry_run, if_match, self.body, self.context.four_eyes
        )
        self.request.state.work = work
        return work


class StaffRoute(APIRoute):
    """Raises TypeError for an operation that does not say what it needs."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()
        scopes = declared_scopes(self.dependant)
        if scopes is None:
            raise TypeError(f"{self.path}: a staff operation takes a Work that `needs` something")
        self.body_model = model_of(self.body_field)
        parameters = QueryParameters(self.dependant, writing=self.methods != {"GET"})

        async def handle(request: Request) -> Response:
            services = services_of(request)
            context = services[StaffContext]
            await services[
                Index
            ].published_revision()  # no thread begins what a database that is away would not let it end
            try:
                sent = await self._admitted(request, context, scopes, parameters)
                if request.method == "GET":
                    return await _read(inner, sent)
                await self.prepare(sent)
                return await _write(inner, sent)
            except Forbidden as error:
                refusal = Event("refuse", "scope", error.scope or "", self.operation_id)
                await run_in_threadpool(context.note_refusal, refusal, request.state.actor)
                raise

        return handle

    async def prepare(self, sent: StaffRequest) -> None:
        """For routes that ask other servers: before a write has its place and its transaction."""

    async def _admitted(
        self, request: Request, context: StaffContext, scopes: tuple[str, ...], parameters: QueryParameters
    ) -> StaffRequest:
        now = context.clock()
        sent = request.headers.getlist("authorization")
        try:
            actor = await run_in_threadpool(context.authenticate, sent, now)
        except Unauthenticated:
            _count(request, context.failures, client_address(request))
            await run_in_threadpool(context.note_failure, sent)
            raise
        request.state.actor, request_context(request.scope).key = actor, actor.key
        _count(request, context.pace, actor.key or actor.name)
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
    """Raises Invalid for a key where something would be kept: in the body, however it is encoded, in a note among the
    parameters, as the name of a repetition."""
    query = unquote_to_bytes(request.scope["query_string"])
    bodies = [body, body.replace(b"\0", b""), _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), body)]
    for parameter, texts in (("", bodies), ("the query", [query]), (FIELD, request.headers.getlist(FIELD))):
        if any(contains_token(PREFIX, text if isinstance(text, bytes) else text.encode()) for text in texts):
            message = "This contains a key of the service, which would be stored and shown."
            error = ErrorDetail("holds-a-key", message, parameter or None, None if parameter else "")
            raise Invalid("Keys must not be stored.", errors=[error])


def _count(request: Request, meter: RateLimiter, holder: str) -> None:
    """Raises TooManyRequests; the answer tells in any case how much is left."""
    quota, allowed = meter.consume(holder)
    request_context(request.scope).quotas = (quota,)
    if not allowed:
        raise TooManyRequests("Too many requests in the last minute.", retry_after=quota.reset)


async def _read(inner: Handler, sent: StaffRequest) -> Response:
    async with _threaded(sent.context.sessions.read()) as session:
        work = sent.work(session)
        response = await inner(sent.request)
    if work.seen:
        async with sent.context.writers.acquire():
            await run_in_threadpool(_log, sent, work.seen, 0)
    return response


async def _write(inner: Handler, sent: StaffRequest) -> Response:
    async with sent.context.writers.acquire():
        repeat = idempotency_key(sent.request.headers.getlist(FIELD)) if sent.request.method == "POST" else None
        if repeat is None or sent.dry_run:
            return await _transacted(inner, sent, None)
        owner = sent.actor.key or ""
        print_of = fingerprint(sent.request, sent.body)
        own = await run_in_threadpool(claim, sent.context.sessions, owner, repeat, print_of, now=sent.now)
        if isinstance(own, Response):
            return own
        try:
            return await _transacted(inner, sent, own)
        except BaseException:
            await run_in_threadpool(own.release, sent.context.sessions)
            raise


async def _transacted(inner: Handler, sent: StaffRequest, own: Claim | None) -> Response:
    """The answer, once what it tells is committed, and what it shows is in the log."""
    work: UnitOfWork | None = None
    try:
        async with _threaded(sent.context.sessions.write()) as session:
            work = sent.work(session)
            response = await inner(sent.request)
            response = await run_in_threadpool(_complete, work, response, own)
    except AppError as error:
        if work is not None:
            await run_in_threadpool(_log, sent, (), leaks_of(work.session, error))
            await run_in_threadpool(_refuse_to_tell, sent, work, error)
        raise
    await run_in_threadpool(_log, sent, () if sent.dry_run else work.seen, leaks_of(work.session))
    return response


def _log(sent: StaffRequest, seen: Sequence[Event], leaks: int) -> None:
    """In a transaction of its own: what was undone may have shown something too."""
    if not seen and not leaks:
        return
    with sent.context.sessions.write() as session:
        for event in seen:
            record(session, event, by=sent.actor, now=sent.now)
        if leaks:
            operation = sent.request.scope["route"].operation_id
            log_refusals(session, operation, leaks, by=sent.actor, now=sent.now)


def _refuse_to_tell(sent: StaffRequest, work: UnitOfWork, error: AppError) -> None:
    """Raises TooManyRequests in the place of whatever else was found out after a text was checked."""
    if is_told(work.session):
        with sent.context.sessions.read() as session:
            demand_left(session, sent.actor, sent.now, leaks=leaks_of(work.session, error), logged=True)


def _complete(work: UnitOfWork, response: Response, own: Claim | None) -> Response:
    """The end of the work: undone for a dry run, remembered for a repetition."""
    if is_told(work.session):
        demand_left(work.session, work.actor, work.now, leaks=leaks_of(work.session))
    if work.dry_run:
        work.session.flush()
        work.session.rollback()
        return _replace_body(response, {**_json_members(response), **work.shown_once, "dry_run": True})
    if own is not None:
        kept = {**_json_members(response), **work.shown_once} if work.shown_once else None
        own.store(work.session, response, _body_of(response) if kept is None else json.dumps(kept).encode())
    return response


def _body_of(response: Response) -> bytes:
    """Raises AttributeError for a streamed answer, which no staff operation may give to a write."""
    return bytes(response.body)


def _json_members(response: Response) -> JsonObject:
    """Of the JSON object that is answered; none where the answer is empty."""
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
