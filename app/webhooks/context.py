"""What the endpoints of webhooks work with."""

from dataclasses import dataclass

from app.kit.signing_keys import SigningKeys


@dataclass(frozen=True)
class WebhookContext:
    """One for each application. `is_enabled`: the service may send requests to other servers."""

    signing_keys: SigningKeys
    is_enabled: bool
