"""What many operations share: headers, problem documents, and how one part of the document refers to another."""

import re
from typing import Final

from app.kit.json_types import JsonObject

REFERENCE: Final = "#/components/schemas/{model}"
PARAMETER: Final = "#/components/parameters/"
NOT_MODIFIED: Final[JsonObject] = {"description": "Not modified."}


SEE_PAGE: Final = "SeePage"
"""The response to a browser."""


def reference(name: str) -> JsonObject:
    return {"$ref": REFERENCE.format(model=name)}


def any_of(names: list[str]) -> JsonObject:
    references = [reference(name) for name in names]
    return references[0] if len(references) == 1 else {"anyOf": references}


def problem(name: str) -> JsonObject:
    return {"$ref": f"#/components/responses/{name}"}


def header(name: str) -> JsonObject:
    return {"$ref": f"#/components/headers/{name}"}


def pascal(name: str) -> str:
    """`element_type` and `element-type` as `ElementType`."""
    return "".join(part.capitalize() for part in re.split("[^0-9A-Za-z]+", name))


PUBLIC_HEADERS: Final[JsonObject] = {name: header(name) for name in ("ETag", "Last-Modified", "Link", "X-Request-ID")}
COMMON: Final[JsonObject] = {"400": problem("BadQuery"), "default": problem("Problem")}
"""What any address may answer. `default` are 414, 429, 500 and 503."""
HEADER_TEXTS: Final = {
    "Content-Disposition": "A file name, for formats other than JSON.",
    "ETag": "Strong validator of these bytes.",
    "Last-Modified": "When it last changed.",
    "Link": "Pages and other formats (RFC 8288).",
    "X-Request-ID": "Quote this when you report a problem.",
    "Retry-After": "Seconds to wait.",
    "RateLimit-Policy": "Number of requests (`q`) allowed per number of seconds (`w`).",
    "RateLimit": "Number of requests left (`r`), and seconds until all are available again (`t`).",
}
PROBLEM_TEXTS: Final = {
    "BadQuery": "Invalid query: an unknown, repeated or wrong parameter.",
    "NotFound": "Not found.",
    "Gone": "Withdrawn: reason, date and replacement.",
    "Expired": "The cursor is from before a backup was restored: start over.",
    "NotAcceptable": "Not acceptable.",
    "ContentTooLarge": "Request body too large.",
    "Unsupported": "Unsupported media type.",
    "Invalid": "The body is not valid.",
    "Problem": "Any other error: 414 for a URL that is too long (`POST …/search` takes longer queries), 500 for "
    "an internal error, 503 while the service is unavailable and 429 for a second simultaneous export, both with "
    "`Retry-After`.",
    "LinkNeeded": "The request carries no valid link to manage subscriptions.",
    "TooMany": "Too many requests: wait as `Retry-After` says.",
}

PAGE: Final = {"text/html": {"schema": {"type": "string"}}}
PAGE_TEXTS: Final = {
    "FormProblem": "What is wrong; a page for people who come from a form or a mail.",
    "FormWait": "Wait as `Retry-After` says; a page for people who come from a form or a mail.",
}


def json_answer(schema: JsonObject, description: str) -> JsonObject:
    return {
        "description": description,
        "headers": PUBLIC_HEADERS,
        "content": {"application/json": {"schema": schema}},
    }


def headers() -> JsonObject:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in HEADER_TEXTS.items()}


def responses() -> JsonObject:
    content = {"application/problem+json": {"schema": reference("Problem")}}
    named: JsonObject = {name: {"description": text, "content": content} for name, text in PROBLEM_TEXTS.items()}
    named |= {name: {"description": text, "content": content | PAGE} for name, text in PAGE_TEXTS.items()}
    for name in ("Problem", "TooMany", "FormWait"):
        named[name]["headers"] = {"Retry-After": header("Retry-After")}
    named["TooMany"]["headers"] |= {limit: header(limit) for limit in ("RateLimit", "RateLimit-Policy")}
    location = {"description": "The new URL.", "schema": {"type": "string", "format": "uri"}}
    named[SEE_PAGE] = {
        "description": "If `Accept` prefers `text/html` to JSON, as browsers do, and no format is requested: the page "
        "for people.",
        "headers": {"Location": location},
    }
    named["Moved"] = {"description": "Moved permanently.", "headers": {"Location": location}}
    return named
