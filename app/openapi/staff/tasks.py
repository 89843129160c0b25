"""The operations of staff by the work that they are for, in the order of the work: what their page shows first, and
what it folds away."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.catalogue.kind import Kind
from app.catalogue.registry import KINDS
from app.kit.json_types import JsonObject
from app.openapi.components import reference

GROUP: Final = "x-group"
"""Of an operation: the heading that it stands under."""
GROUPS: Final = "x-groups"
"""Of the document: the headings, in their order."""
FOLDED: Final = "x-folded"
"""Of an operation that is rarely needed."""


@dataclass(frozen=True, slots=True)
class Group:
    """Operations by their ids: those that are shown at once, and those that are folded."""

    name: str
    shown: tuple[str, ...]
    folded: tuple[str, ...] = ()


def _of_entries() -> Iterator[Group]:
    """A group for each kind of entry, and one for what entries refer to."""
    confidential = ("get_confidential", "change_confidential")
    for kind in KINDS:
        if kind.is_entry:
            own = confidential if kind.confidential else ()
            yield Group(str(kind.collection).capitalize(), (f"create_{kind.name}", f"edit_{kind.name}"), own)
    others = [kind for kind in KINDS if not kind.is_entry]
    shown = tuple(operation for kind in others if kind.public_while_named for operation in _writing(kind)[:1])
    folded = tuple(operation for kind in others for operation in _writing(kind) if operation not in shown)
    yield Group("People, organisations, terms", (*shown, "create_term", "edit_term"), (*folded, *MERGING))


def _writing(kind: Kind) -> tuple[str, ...]:
    return () if kind.collection is None else (f"create_{kind.name}", f"edit_{kind.name}")


MERGING: Final = ("merge_resource", "merge_term", "list_staff_terms", "get_staff_term")
TERMS: Final = (
    "compare_term",
    "list_term_revisions",
    "get_term_revision",
    "restore_term_revision",
    "batch_terms",
)
_ALL: Final = (
    Group("Start", ("get_dashboard", "list_staff_entries"), ("list_staff_resources", "get_staff_resource")),
    Group(
        "Add and import",
        ("import_records",),
        ("get_import_template", "get_import_workbook", "list_imports", "get_import"),
    ),
    *_of_entries(),
    Group(
        "Publish",
        ("submit_entry", "publish_entry", "schedule_entry", "withdraw_entry"),
        ("return_entry", "unschedule_entry", "reinstate_entry"),
    ),
    Group(
        "History and undo",
        ("list_revisions", "restore_revision"),
        (
            "compare_resource",
            "get_revision",
            "discard_working_copy",
            "delete_resource",
            "batch_resources",
            "read_audit",
            *TERMS,
        ),
    ),
    Group(
        "Mail",
        ("create_update", "preview_update", "test_update", "start_update"),
        (
            "list_updates",
            "get_update",
            "change_update",
            "discard_update",
            "cancel_update",
            "list_deliveries",
            "retry_deliveries",
            "list_digests",
            "list_paused_subscriptions",
            "preview_digest",
            "test_digest",
            "count_subscribers",
            "list_subscribers",
            "export_subscriber",
            "erase_subscriber",
            "import_subscribers",
            "count_suppressions",
            "suppress_address",
            "find_suppression",
            "lift_suppression",
        ),
    ),
    Group("Links and use", ("list_links",), ("list_usage",)),
    Group(
        "Webhooks",
        (),
        (
            "list_webhooks",
            "get_webhook",
            "create_webhook",
            "change_webhook",
            "delete_webhook",
            "rotate_webhook_secret",
            "ping_webhook",
            "replay_webhook",
            "list_webhook_deliveries",
        ),
    ),
    Group("Keys", ("rotate_key",), ("create_key", "list_keys", "get_key", "revoke_key")),
)
SAFE: Final = "x-safe"
"""Of an operation that changes nothing though it is a POST: what it is asked must not stand in an address."""
_SAFE: Final = frozenset({"preview_digest", "export_subscriber", "find_suppression"})
INPUT: Final = "x-input"
"""Of an operation that takes a merge patch: the schema of what is patched."""
_INPUTS: Final = {f"edit_{kind.name}": kind.input.__name__ for kind in KINDS}
REST: Final = "Other"
"""The heading of operations that no group names."""
_PLACES: Final[Mapping[str, tuple[str, bool]]] = {
    operation: (group.name, operation in group.folded) for group in _ALL for operation in (*group.shown, *group.folded)
}


def group_operations(paths: JsonObject) -> JsonObject:
    """Puts its heading, and of a merge patch what is patched, into each operation of these paths, which are copied;
    returns the headings as a member of the document."""
    groups = [group.name for group in _ALL]
    for path, methods in paths.items():
        paths[path] = {method: _grouped(each) for method, each in methods.items()}
        groups += [name for each in paths[path].values() if (name := each[GROUP]) not in groups]
    return {GROUPS: groups}


def _grouped(operation: JsonObject) -> JsonObject:
    name, is_folded = _PLACES.get(operation["operationId"], (REST, True))
    patched = _INPUTS.get(operation["operationId"])
    return {
        **operation,
        GROUP: name,
        **({FOLDED: True} if is_folded else {}),
        **({SAFE: True} if operation["operationId"] in _SAFE else {}),
        **({INPUT: reference(patched)} if patched else {}),
    }
