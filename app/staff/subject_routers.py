"""The staff addresses of every kind there is, generated from the registry, in the order in which people need them:
the documentation page shows them so."""

from functools import cache

from fastapi import APIRouter

from app.staff.batch_router import add_batch
from app.staff.history_router import add_history, audit_router
from app.staff.homes import HOMES, Home
from app.staff.routing import StaffRoute
from app.staff.step_router import add_merging, add_steps
from app.staff.subject_router import add_deleting, add_editing, add_everything, add_finding


@cache
def subject_routers(*, four_eyes: bool = False) -> tuple[APIRouter, ...]:
    """One a kind; with `four_eyes` nobody publishes what they wrote last. Made once, for all services of a process."""
    everything = APIRouter(tags=["staff"], route_class=StaffRoute)
    add_everything(everything)
    return (everything, *(_router(home, four_eyes) for home in HOMES), audit_router)


def _router(home: Home, four_eyes: bool) -> APIRouter:
    router = APIRouter(prefix=home.path, tags=["staff"], route_class=StaffRoute)
    add_finding(router, home)
    add_editing(router, home)
    if home.deletes:
        add_deleting(router, home)
    if home.kind.is_entry:
        add_steps(router, home, four_eyes=four_eyes)
    add_history(router, home)
    if home.merges:
        add_merging(router, home)
    add_batch(router, home, four_eyes=four_eyes)
    return router
