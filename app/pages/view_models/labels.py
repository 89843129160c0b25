"""Names of members, roles, relations and types, as readers say them."""

from collections.abc import Mapping
from typing import Final

from app.kit.text.characters import label_of

ROLES: Final[Mapping[str, str]] = {
    "author": "By",
    "editor": "Edited by",
    "translator": "Translated by",
    "illustrator": "Illustrated by",
    "presenter": "Presented by",
    "speaker": "Speakers",
    "interviewer": "Interviewed by",
    "interviewee": "With",
    "producer": "Produced by",
    "contributor": "With contributions by",
    "project_leader": "Led by",
    "project_member": "Project members",
    "partner": "Partners",
    "publisher": "Published by",
}
RELATIONS: Final[Mapping[str, str]] = {
    "IsSupplementTo": "Is the infographic, summary or other supplement of",
    "IsSupplementedBy": "Has the infographic, summary or other supplement",
    "IsPartOf": "Part of",
    "HasPart": "Has parts",
    "References": "Refers to",
    "IsReferencedBy": "Referred to by",
    "Cites": "Cites",
    "IsCitedBy": "Cited by",
    "Documents": "Documents",
    "IsDocumentedBy": "Documented by",
    "Describes": "Describes",
    "IsDescribedBy": "Described by",
    "Continues": "Continues",
    "IsContinuedBy": "Continued by",
    "IsDerivedFrom": "Derived from",
    "IsSourceOf": "Source of",
    "Reviews": "Reviews",
    "IsReviewedBy": "Reviewed by",
    "IsVersionOf": "A version of",
    "HasVersion": "Has versions",
    "IsNewVersionOf": "A newer version of",
    "IsPreviousVersionOf": "An earlier version of",
    "Requires": "Requires",
    "IsRequiredBy": "Required by",
    "IsTranslationOf": "A translation of",
    "HasTranslation": "Translated as",
}
"""The words of pages, of the forms of staff and of their answers."""
RESOURCES: Final[Mapping[str, str]] = {
    "landing_page": "Go to its page",
    "full_text": "Read the full text",
    "view": "View it",
    "watch": "Watch it",
    "listen": "Listen to it",
    "download": "Download it",
}
IDENTIFIERS: Final[Mapping[str, str]] = {
    "doi": "DOI",
    "isbn": "ISBN",
    "issn": "ISSN",
    "orcid": "ORCID",
    "ror": "ROR",
    "url": "Web address",
    "eric": "ERIC",
    "wikidata": "Wikidata",
    "handle": "Handle",
}
ACCESS: Final[Mapping[str, str]] = {"open": "Open to everybody", "restricted": "Not open to everybody"}
"""What is not known is not said."""
MEMBERS: Final[Mapping[str, str]] = {
    "venue": "Published in",
    "access": "Access",
    "issn": "ISSN",
    "cover_date": "Date of the issue",
    "duration": "Length",
    "event_type": "Type of event",
    "organisation_kind": "Type of organisation",
    "basis": "What it is based on",
    "learning": "What was learned",
    "hidden_names": "Also found as",
    "hidden_labels": "Also found as",
    "alternative_names": "Also known as",
    "alternative_labels": "Also called",
    "exact_match": "The same elsewhere",
    "family": "Family name",
    "single": "One term an entry",
}


def member_label(name: str) -> str:
    return MEMBERS.get(name) or label_of(name)


def kind_label(kind: str) -> str:
    """Of a kind or a collection."""
    return label_of(kind.replace("-", "_"))
