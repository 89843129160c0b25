"""What is raised where the service refuses: always with its problem document (RFC 9457)."""

import json
from typing import cast

import httpx

from knowledge_base_client.models import Problem


class ApiError(Exception):
    """The answer was no success. `problem` says why, `problem["errors"]` what is wrong with the request and what
    would be right."""

    def __init__(self, response: httpx.Response, problem: Problem) -> None:
        super().__init__(f"{problem['status']} {problem.get('detail') or problem['title']}")
        self.response = response
        self.problem = problem

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def code(self) -> str:
        """The name of the sort of problem, the end of its `type`."""
        return self.problem["type"].rpartition("/")[2]


class NotFound(ApiError):
    """404: there is no such thing, and never was."""


class Gone(ApiError):
    """410: it was withdrawn; `problem` has `reason`, `date` and `replacement`."""


class CursorExpired(Gone):
    """410 of a cursor of `changes`: the service was restored from a backup, or never came that far. Start over."""


EXPIRED = "cursor-expired"


def checked(response: httpx.Response) -> httpx.Response:
    """The same response. Raises ApiError where it is no success; it must have been read."""
    if response.is_success or response.status_code == 304:
        return response
    error = ApiError(response, problem_of(response))
    if response.status_code == 404:
        raise NotFound(response, error.problem)
    if response.status_code == 410:
        raise (CursorExpired if error.code == EXPIRED else Gone)(response, error.problem)
    raise error


def problem_of(response: httpx.Response) -> Problem:
    """The problem document; where something between us and the service answered, what its status says."""
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        try:
            return cast(Problem, json.loads(response.content))
        except ValueError:
            pass
    return {"type": "about:blank", "title": response.reason_phrase or "Error", "status": response.status_code}
