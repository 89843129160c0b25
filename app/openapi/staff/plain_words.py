"""What the description says to those who work in the page of staff, in place of what it says to programmers: no names
of members, standards or headers, but what they see there."""

import re
from collections.abc import Mapping
from typing import Any, Final

from app.catalogue.kind import Kind
from app.catalogue.registry import KINDS
from app.kit.json_types import JsonObject
from app.staff.scopes import SCOPES

SCOPE_WORDS: Final = "x-scopes-in-words"
"""Of the document: what a key with each scope may do."""
_ONLY_CHANGED: Final = "Only what you change is saved."
_IN_ONE_ANSWER: Final = "Everything that is wrong is listed in one answer."
_WAITS: Final = "What is published stays as it is until you publish the correction."
_AT_ONCE: Final = "Readers see it at once."
_WHEN_NAMED: Final = "Readers see it as soon as something published refers to it."
_MERGED: Final = (
    "Whatever names the one that goes will name the other, and its address will lead there. This cannot be undone in "
    "one step."
)
_BATCH: Final = "In their order. If all or nothing is wanted, one that fails keeps all of them from being done."
_VERSION: Final = "What it changed, and all that was said then."
_RESTORED: Final = "Makes the newest version of an old one, with people and entries under their present names."
_STEPS: Final = "Every step: who, when, why, and what changed, field by field."
_COMPARED: Final = "Field by field, what is published and what you would publish."


def _of_kind(kind: Kind) -> Mapping[str, str]:
    """What is said of adding and correcting it."""
    added = "It is a draft until it is published." if kind.is_entry else _WHEN_NAMED
    corrected = _WAITS if kind.is_entry else _AT_ONCE
    return {
        f"create_{kind.name}": f"{_IN_ONE_ANSWER} {added}",
        f"edit_{kind.name}": f"{_ONLY_CHANGED} {corrected}",
    }


OPERATIONS: Final[Mapping[str, str]] = {
    **{name: text for kind in KINDS for name, text in _of_kind(kind).items()},
    "create_term": f"{_IN_ONE_ANSWER} {_AT_ONCE}",
    "batch_resources": _BATCH,
    "batch_terms": _BATCH,
    "change_confidential": f"{_ONLY_CHANGED} What is published already stays; the answer says where it contains one of "
    "the words. The history names the changed fields, and not what they say.",
    "compare_resource": _COMPARED,
    "compare_term": _COMPARED,
    "count_suppressions": "By reason. The list names no address, so only single ones can be looked up.",
    "create_key": "The key is shown only once. It may do nothing that yours may not.",
    "discard_working_copy": "The changes are thrown away; what is published stays as it is.",
    "erase_subscriber": "For somebody who asks to be erased (UK GDPR, Article 17). If they had agreed to mail, a "
    "trace that names nobody is kept, so that imports cannot bring the address back.",
    "export_subscriber": "For somebody who asks what is kept about them (UK GDPR, Article 15): address, "
    "subscriptions, what they agreed to and when, and mails.",
    "get_confidential": "Name, notes and words to avoid. They stand in no public page, history, export or log.",
    "get_key": "Your own key, or another one if you may manage keys.",
    "get_revision": _VERSION,
    "get_staff_resource": "As it is now, with changes that are not published yet.",
    "get_staff_term": "As it is now.",
    "get_term_revision": _VERSION,
    "import_records": "Paste DOIs, ISBNs and web addresses (one per line), or references as BibTeX, BibLaTeX, RIS, "
    "CSL-JSON or CSV; or choose a file. The answer shows what each would become, and what is here already; its "
    "button creates the drafts.",
    "import_subscribers": "They are not asked again. Suppressed addresses are skipped.",
    "list_keys": "All keys, what they may do and until when, also those that ended. The keys themselves are never "
    "shown.",
    "list_links": "Every link is visited once a week. Nothing is changed by itself: correct the entry, and the next "
    "visit is to the new address. For a missing link, list the entries whose state is "
    "“Link missing”.",
    "list_revisions": _STEPS,
    "list_term_revisions": _STEPS,
    "merge_resource": _MERGED,
    "merge_term": _MERGED,
    "publish_entry": "As it is now. Readers see it at once.",
    "read_audit": "Every step of everybody: by whom, on what, what was done and when; also what was done with keys, "
    "subscribers and confidential notes, and what was refused there. Nothing here is ever changed.",
    "reinstate_entry": "Publishes it again, with the changes that waited.",
    "restore_revision": f"{_RESTORED} {_WAITS}",
    "restore_term_revision": f"{_RESTORED} {_AT_ONCE}",
    "retry_deliveries": "Sends mails again that are uncertain, failed or were refused: uncertain ones may arrive "
    "twice. Suppressed addresses are skipped.",
    "return_entry": "It is a draft again, for its authors to mend.",
    "revoke_key": "It stops working at once, as do the keys it was rotated into: a thief may have rotated it.",
    "rotate_key": "Makes the next key, of the same name, that may do the same; it is shown only once. The old one "
    "works on during the overlap.",
    "schedule_entry": "It is published at that time, as it is now; until then it cannot be changed.",
    "start_update": "Now, or at the time that you set. If it cannot be sent within six hours of it, it is missed. "
    "What was cancelled or missed can be sent again: nobody gets it twice.",
    "submit_entry": "Somebody else looks at it before it is published.",
    "test_digest": "To one address only.",
    "unschedule_entry": "It is again what it was before, and can be changed.",
}
"""By operation, where the words for programmers are not those for people."""
TITLES: Final[Mapping[str, str]] = {
    "batch_resources": "Change several entries at once",
    "batch_terms": "Change several terms at once",
    "compare_resource": "Compare an entry with what is published",
    "compare_term": "Compare a term with what is published",
    "create_term": "Add a term",
    "delete_resource": "Delete a draft",
    "discard_working_copy": "Discard unpublished changes to an entry",
    "edit_term": "Correct a term",
    "get_confidential": "See confidential notes",
    "get_import": "See an import",
    "get_key": "See a key",
    "get_revision": "See a version of an entry or a person",
    "get_staff_resource": "See an entry or a person",
    "get_staff_term": "See a term",
    "get_term_revision": "See a version of a term",
    "get_update": "See an update",
    "list_deliveries": "List mails and what became of them",
    "list_digests": "List digests that were sent",
    "list_paused_subscriptions": "List subscriptions to what is no longer here",
    "list_revisions": "See the history of an entry or a person",
    "list_staff_resources": "List entries of one kind, people or organisations",
    "list_term_revisions": "See the history of a term",
    "merge_resource": "Merge an entry or a person into another",
    "restore_revision": "Restore a version of an entry or a person",
    "restore_term_revision": "Restore a version of a term",
    "retry_deliveries": "Send mails once more",
}
"""By operation, what its form is called, where programmers call it by what the interface has."""
HINTS: Final[Mapping[str, str]] = {
    "`csv`: every line in one file.": "CSV has every line in one file.",
    "`data` is the input for `create` and a merge patch for `edit`; all but `create` name `slug` and `version`.": (
        "What is to be done with one of them."
    ),
    "`meta.next_cursor` of the page before.": "Where the next page begins, as the answer before says.",
    "A list with its parameters, for example `publications?topic=ethics&sort=-issued`.": (
        "What the address of a list says, for example `publications?topic=ethics&sort=-issued`."
    ),
    "A person or an organisation, for example `people/michelle-lefevre`.": "Type a part of the name, and choose it.",
    "A query to subscribe to: `filters` and `q` as the parameters of a list, or `where` as a tree of conditions.": (
        "Words and terms to ask for."
    ),
    "An entry, for example `publications/its-slug`.": "Type words of its title, and choose it.",
    "An entry: its title, or for example `publications/its-slug`.": "Type words of its title, and choose it.",
    "Any current or former slug.": "Its name in addresses, now or formerly.",
    "At most the size of a request body (`KB_MAX_BODY`).": "As CSV.",
    "BCP 47 language tag, for example `en` or `cy`.": "As a code: `en` for English, `cy` for Welsh.",
    "By default, the new key expires when the old one would have. With the scope `keys:manage` it can expire later, "
    "and by default has the full lifetime of the old one.": "Left empty, it ends when the old one would have. "
    "Whoever may manage keys can let it end later.",
    "Filters, by the name of the parameter.": "Only these terms.",
    "For `schedule`.": "Of what is scheduled.",
    "For `withdraw`.": "Of what is withdrawn.",
    "If true, either all items succeed or nothing is changed.": "Whether nothing is changed if one of them fails.",
    "Its real name, matched as a whole: add parts that give it away to `words`.": (
        "Its real name. Parts of it that give it away belong to the words."
    ),
    "Kind of resource.": "As `publication`, `person` or `term`.",
    "Length, as an ISO 8601 duration.": "Its length.",
    "Markdown (CommonMark) without HTML and pictures; sections begin with `##`.": (
        "A longer text, in Markdown: `## A section`, `*emphasis*`, `[a link](https://example.org)`."
    ),
    "Name of the collection, as in its URL.": "As `publications`, `sites` or `entries`.",
    "RFC 3339, with the time zone, for example `2026-01-31T09:00:00Z`.": "",
    "Relation type of DataCite.": "How it is related.",
    "The input, with the members of its input model.": "What it is to say.",
    "The licence.": "As `CC-BY-4.0`, or `CC-BY` if the version is not known.",
    "The name used in URLs.": "Its name in addresses.",
    "The name used in URLs; made from the name if you leave it out.": "Left empty, it is made of the title or name.",
    "The resource that remains: its slug or name.": "The one that stays: type a part of its name, and choose it.",
    "The revision that last changed it.": "The version that you saw.",
    "Which keys to revoke: only this `key`, to end an overlap early; also its `successors`, which it was rotated "
    "into; or `all`, including every key created with any of these (requires the scope `keys:manage`).": (
        "Which keys end: only this key; also its successors, which it was rotated into; or all, also those made with "
        "any of these, if you may manage keys."
    ),
}
"""By the description of a parameter or a member for programmers."""
_STANDARD: Final = re.compile(r" \((?:SKOS|RFC|PRISM|DataCite|WCAG)[^)]*\)|, success criterion [\d.]+")
_TYPED: Final = re.compile(r"Typed confirmation: (.*)\. If it is given, it must match\.")
_REQUIRES: Final = "Requires "


def in_plain_words(paths: JsonObject, components: JsonObject) -> tuple[JsonObject, JsonObject, JsonObject]:
    """The operations and components of staff in those words, and members of the document that they refer to."""
    operations = {
        path: {method: _operation(each) for method, each in methods.items()} for path, methods in paths.items()
    }
    described: JsonObject = _with_hints(operations)
    shown = {
        name: _with_hints(components[name]) if name in ("parameters", "schemas") else components[name]
        for name in components
    }
    return described, shown, {SCOPE_WORDS: dict(SCOPES)}


def _operation(operation: JsonObject) -> JsonObject:
    """Its last paragraph, of the key that it requires, stays."""
    name = operation["operationId"]
    operation = operation | {"summary": TITLES.get(name, operation["summary"])}
    own = OPERATIONS.get(name)
    if own is None:
        return operation
    required = [each for each in operation["description"].split("\n\n") if each.startswith(_REQUIRES)]
    return operation | {"description": "\n\n".join([own, *required])}


def _with_hints(part: Any) -> Any:
    if isinstance(part, list):
        return [_with_hints(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        name: hint(each) if name == "description" and isinstance(each, str) else _with_hints(each)
        for name, each in part.items()
    }


def hint(text: str) -> str:
    """What people read in place of this sentence."""
    if text in HINTS:
        return HINTS[text]
    typed = _TYPED.fullmatch(text)
    return f"Type {typed[1]}." if typed else _STANDARD.sub("", text)
