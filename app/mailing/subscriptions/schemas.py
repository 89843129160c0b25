"""What is sent to the addresses of subscribers, and what they answer."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from app.catalogue.schema import Line, Schema, example
from app.feed.stored_queries import QueryIn
from app.kit.json_types import JsonObject
from app.kit.values.email_addresses import parse_address
from app.mailing.context import LANGUAGES
from app.mailing.models import MAX_ADDRESS_LENGTH


def _address(text: str) -> str:
    """Without the spaces that come with copying."""
    return parse_address(text.strip(" ")).typed


def _language(tag: str) -> str:
    if tag not in LANGUAGES:
        raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
    return tag


AddressText = Annotated[
    str,
    Field(
        max_length=MAX_ADDRESS_LENGTH,
        description="An e-mail address (RFC 5321, RFC 6531).",
        json_schema_extra={"format": "idn-email"},
    ),
    AfterValidator(_address),
]
FrequencyText = Literal["at_once", "daily", "weekly", "monthly"]
MailLanguage = Annotated[
    str,
    Field(description="Language of the mails (BCP 47).", json_schema_extra={"enum": [*LANGUAGES]}),
    AfterValidator(_language),
]
Honeypot = Annotated[
    str, Field(max_length=2000, description="Leave it empty: forms hide it, so only robots fill it in.")
]


class SignUpIn(Schema):
    """A sign-up. Without presets and queries, it is for everything on offer."""

    model_config = example({"address": "reader@example.org", "presets": ["findings", "events"], "frequency": "weekly"})

    address: AddressText
    presets: Annotated[list[Line], Field(max_length=50)] = []
    queries: Annotated[list[QueryIn], Field(max_length=50)] = []
    frequency: FrequencyText = "weekly"
    language: MailLanguage = "en"
    wording: Annotated[
        Line | None, Field(description="The text shown at your form: it becomes part of the consent record.")
    ] = None
    form: Annotated[
        Line | None,
        Field(max_length=200, description="URL of your form; the query after a `?` is not stored."),
    ] = None
    website: Honeypot = ""


class LinkIn(Schema):
    """The subscriber whose subscriptions are to be managed."""

    model_config = example({"address": "reader@example.org"})

    address: AddressText
    website: Honeypot = ""


class ConfirmationIn(Schema):
    """The token of the link in the mail."""

    model_config = example({"token": "kbconfirm_0a1B2c3D4e5F_…"})

    token: Annotated[str, Field(max_length=200)]


class Accepted(BaseModel):
    """The same for every address, whether it is known or not."""

    status: Literal["accepted"] = "accepted"
    message: str = (
        "If the address can receive mail (one in ten minutes), a mail is on its way: open its link to continue."
    )


class Done(BaseModel):
    """The request was carried out, now or earlier."""

    status: Literal["confirmed", "unsubscribed", "paused", "erased"]


class Subscription(BaseModel):
    """One stored query; `pending` awaits confirmation."""

    id: int
    description: str
    query: JsonObject
    frequency: FrequencyText
    language: str
    state: Literal["pending", "active", "paused"]
    paused_because: str | None


class SubscriptionChange(Schema):
    """Members that are left out do not change."""

    id: int
    frequency: FrequencyText | None = None
    language: MailLanguage | None = None
    state: Literal["active", "paused", "ended"] | None = None


class AdditionIn(Schema):
    """Subscriptions to add immediately: the link proves that the address is yours."""

    presets: Annotated[list[Line], Field(max_length=50)] = []
    queries: Annotated[list[QueryIn], Field(max_length=50)] = []
    frequency: FrequencyText = "weekly"
    language: MailLanguage = "en"


class MySubscriptions(BaseModel):
    """A subscriber with a management link."""

    address: str
    state: str
    subscriptions: list[Subscription]
    links: dict[str, str]


class MySubscriptionsIn(Schema):
    """Either all changes are made or none."""

    model_config = example({"subscriptions": [{"id": 1, "frequency": "monthly"}]})

    subscriptions: Annotated[list[SubscriptionChange], Field(max_length=100)] = []
    add: AdditionIn | None = None


class UnsubscribeIn(Schema):
    """What to do with which; without numbers, with the subscriptions of the link."""

    do: Literal["end", "pause", "end_all"] = "end"
    subscriptions: Annotated[list[int] | None, Field(max_length=100)] = None
