"""What of pages is for programs, for the OpenAPI document."""

from collections.abc import Callable

from app.kit.json_types import JsonObject
from app.openapi.components import NOT_MODIFIED, problem
from app.openapi.public.parameters import parameter
from app.pages.embeds.oembed import FORMATS, MAX_PIXELS, PATH, WIDTH

PIXELS: JsonObject = {"type": "integer", "minimum": 1, "maximum": MAX_PIXELS}


def pages_description(base: str) -> Callable[[JsonObject], None]:
    """What adds it; `base` has no slash at its end."""

    def describe(document: JsonObject) -> None:
        document["paths"][PATH] = {"get": _get_oembed(base)}

    return describe


def _get_oembed(base: str) -> JsonObject:
    texts = ("version", "type", "title", "provider_name", "provider_url", "html")
    members = {name: {"type": "string"} for name in texts}
    members |= {name: {"type": "integer"} for name in ("width", "height", "cache_age")}
    schema = {"type": "object", "properties": members, "required": [*members]}
    return {
        "tags": ["explore"],
        "operationId": "get_oembed",
        "summary": "Embed a page",
        "description": "oEmbed 1.0: how to embed an entry, a list or the map in another page.",
        "security": [],
        "parameters": [
            parameter(
                "url", {"type": "string", "minLength": 1}, "Address of the page.", f"{base}/publications", required=True
            ),
            parameter("maxwidth", PIXELS, f"Maximum width; {WIDTH} unless less.", WIDTH),
            parameter("maxheight", PIXELS, "Maximum height.", 400),
            parameter("format", {"type": "string", "enum": [*FORMATS]}, "Format of the answer.", "json"),
        ],
        "responses": {
            "200": {
                "description": "What to embed.",
                "content": {"application/json": {"schema": schema}, FORMATS["xml"]: {"schema": {"type": "string"}}},
            },
            "304": NOT_MODIFIED,
            "400": problem("BadQuery"),
            "404": problem("NotFound"),
            "406": problem("NotAcceptable"),
            "410": problem("Gone"),
        },
    }
