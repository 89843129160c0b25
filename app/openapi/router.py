"""`/openapi.json`, and the two parts of it."""

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.http.headers import PUBLIC
from app.http.services import services_of
from app.openapi.document import DescriptionPart, OpenApiDocument
from app.search.index.live_index import Index

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def get_openapi(request: Request) -> Response:
    return await _respond(request, DescriptionPart.whole)


@router.get("/openapi/public.json")
async def get_public_openapi(request: Request) -> Response:
    return await _respond(request, DescriptionPart.public)


@router.get("/openapi/staff.json")
async def get_staff_openapi(request: Request) -> Response:
    return await _respond(request, DescriptionPart.staff)


async def _respond(request: Request, part: DescriptionPart) -> Response:
    services = services_of(request)
    snapshot = await services[Index].latest_snapshot()
    body = await asyncio.to_thread(services[OpenApiDocument].render, snapshot, part)
    return Response(body, 200, {"Cache-Control": PUBLIC}, "application/json")
