"""What the application gets where it answers assistants, for the composition root."""

from collections.abc import Callable, Mapping
from typing import Final

from app.assistants.context import AssistantContext
from app.assistants.description import describe_assistants
from app.assistants.router import MAX_BODY, PATH, ROUTES, AssistantEndpoint, make_endpoint
from app.config.settings import Settings
from app.http.services import Services
from app.kit.json_types import JsonObject
from app.reading.context import ReadingContext
from app.reading.routing import PublicRoute

BODY_LIMITS: Final[Mapping[str, int]] = {PATH: MAX_BODY}


def add_services(services: Services, settings: Settings, version: str) -> None:
    """The context is there in any case: `kb mcp` needs no setting. Raises `MissingExtra`."""
    context = services.add(AssistantContext, AssistantContext(services[ReadingContext], version))
    if settings.assistants:
        services.add(AssistantEndpoint, make_endpoint(context, settings))


def assistant_routes(settings: Settings) -> tuple[PublicRoute, ...]:
    return ROUTES if settings.assistants else ()


def assistant_descriptions(settings: Settings) -> tuple[Callable[[JsonObject], None], ...]:
    """What is described is served."""
    return (describe_assistants,) if settings.assistants else ()
