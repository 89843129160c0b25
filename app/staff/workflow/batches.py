"""Many changes by one request, each with its own result."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from app.http.problems.problem_types import problem_type_of
from app.kit.errors import AppError
from app.kit.json_types import JsonMapping, JsonObject
from app.staff.auth.confidentiality_limit import note_leak

BatchOperation = Callable[[], tuple[int, JsonMapping | None]]
"""Does one item: its status, and the body that goes with it."""
FAILED_DEPENDENCY = 424
"""Failed Dependency (RFC 4918 section 11.4): another item failed, and all were to be done or none."""


def run_batch(session: Session, operations: Sequence[BatchOperation], *, atomic: bool) -> list[JsonObject]:
    """The result of each, in order. `atomic`: where one fails, nothing is done, and the others say so."""
    whole = session.begin_nested()
    results: list[JsonObject] = []
    for operation in operations:
        results.append(_result(session, operation))
        if atomic and results[-1]["status"] >= 400:
            whole.rollback()
            return _undone(results, len(operations))
    whole.commit()
    return results


def _result(session: Session, operation: BatchOperation) -> JsonObject:
    attempt = session.begin_nested()
    try:
        status, shown = operation()
        session.flush()
    except AppError as error:
        attempt.rollback()
        note_leak(session, error)
        return {"status": problem_type_of(type(error)).status, "result": None, "problem": _problem(error)}
    attempt.commit()
    return {"status": status, "result": shown, "problem": None}


def _problem(error: AppError) -> JsonObject:
    """As a problem document says it, without the address of its page."""
    errors = [
        {"pointer": each.pointer, "code": each.code, "message": each.message, "allowed": list(each.allowed)}
        for each in error.errors
    ]
    return {
        "code": error.code,
        "title": error.title,
        "detail": error.detail,
        "errors": errors,
        **error.extension_members(),
    }


def _undone(results: Sequence[JsonMapping], count: int) -> list[JsonObject]:
    undone = {"status": FAILED_DEPENDENCY, "result": None, "problem": None}
    failed = len(results) - 1
    return [dict(results[failed]) if position == failed else dict(undone) for position in range(count)]
