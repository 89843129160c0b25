"""One message to one receiver: signed, to a public address, without redirects, within limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.kit.clock import Clock, parse_http_date
from app.kit.signing_keys import SigningKeys
from app.outbound.client import Outbound
from app.outbound.errors import OutboundError
from app.webhooks.models import WebhookRow
from app.webhooks.signatures import secret_of, signature_headers

TIMEOUT: Final = 10.0
"""Seconds for the whole exchange."""
MAX_ANSWER: Final = 64 * 1024
"""Bytes; nothing of it is kept."""
MAX_RETRY_AFTER: Final = timedelta(hours=6)


class SecretLost(Exception):
    """The signing key that the secret was made of is no more."""


@dataclass(frozen=True, slots=True)
class ReceiverResponse:
    """`reply` is a short summary of our own; `status` is None where there was no response. `after` is the receiver's
    `Retry-After`."""

    reply: str
    status: int | None = None
    after: timedelta = timedelta(0)

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == 410


@dataclass(frozen=True)
class ReceiverClient:
    """One for each worker."""

    outbound: Outbound
    signing_keys: SigningKeys
    clock: Clock

    def keys_of(self, webhook: WebhookRow, now: datetime) -> list[bytes]:
        """What a message is signed with now: the secret, and the former one while both are good. Raises SecretLost."""
        secret = secret_of(self.signing_keys, webhook.secret_key, webhook.secret_salt)
        if secret is None:
            raise SecretLost
        keys = [secret]
        if webhook.former_key and webhook.former_salt and webhook.former_until and now < webhook.former_until:
            former = secret_of(self.signing_keys, webhook.former_key, webhook.former_salt)
            keys += [] if former is None else [former]
        return keys

    def post(self, url: str, keys: list[bytes], message: str, body: bytes) -> ReceiverResponse:
        headers = signature_headers(keys, message, body, self.clock()) | {"Content-Type": "application/json"}
        return self.send(url, headers, body)

    def send(self, url: str, headers: dict[str, str], body: bytes) -> ReceiverResponse:
        try:
            answer = self.outbound.fetch(
                "POST", url, headers=headers, content=body, seconds=TIMEOUT, max_bytes=MAX_ANSWER
            )
        except OutboundError as error:
            return ReceiverResponse(str(error))
        return ReceiverResponse(
            f"HTTP {answer.status}", answer.status, self._pause(answer.headers.get("retry-after", ""))
        )

    def _pause(self, text: str) -> timedelta:
        """The pause of a `Retry-After` field (RFC 9110 section 10.2.3), within limits."""
        if text.isascii() and text.isdigit() and len(text) < 9:
            return min(timedelta(seconds=int(text)), MAX_RETRY_AFTER)
        try:
            wanted = parse_http_date(text) - self.clock()
        except ValueError:
            return timedelta(0)
        return min(max(wanted, timedelta(0)), MAX_RETRY_AFTER)
