"""What all of mailing shares: sessions, settings, keys and limits."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from app.config.settings import Settings
from app.db.sessions import Sessions
from app.db.write_slots import WriteSlots
from app.kit.clock import Clock
from app.kit.rate_limiter import RateLimiter
from app.kit.signing_keys import SigningKeys
from app.mailing.consent.consent_log import ConsentStatement
from app.pages.assets import Assets
from app.pages.environment import render_template
from app.pages.site import Website, make_site

LANGUAGES: Final = {"en": "English"}
"""The languages of mails."""
WRITERS: Final = 4
"""Readers' requests that may write at once in a process."""
WAIT: Final = 3.0
"""Seconds that a request waits at most for a write slot, and for the lock of the database."""
MINUTE: Final = 60


@dataclass(frozen=True)
class MailContext:
    """One for each application, and one for each worker. `writers` and `request_limiter` limit readers' requests in
    memory, at no cost for the database. Sign-ups and mails have narrower, exact limits in the database."""

    sessions: Sessions
    clock: Clock
    settings: Settings
    signing_keys: SigningKeys
    writers: WriteSlots = field(default_factory=lambda: WriteSlots(WRITERS, WAIT))

    @cached_property
    def request_limiter(self) -> RateLimiter:
        """Of readers' requests, by client address."""
        return RateLimiter("requests", self.settings.signup_rate_limit, MINUTE)

    @property
    def base(self) -> str:
        return self.settings.base

    @cached_property
    def site(self) -> Website:
        """What its pages say of the whole."""
        return make_site(self.settings, Assets(self.settings))

    @cached_property
    def notice(self) -> str:
        """The privacy notice, as it is shown and as its readers consent to it."""
        return render_template("subscriptions/privacy_notice.txt", about=self.settings).strip()

    def statement(self, form: str, wording: str | None = None) -> ConsentStatement:
        """A statement made at a form of ours, whose privacy notice is the present one."""
        return ConsentStatement(form, wording, self.notice)


def make_mail_context(sessions: Sessions, settings: Settings, clock: Clock) -> MailContext:
    """Existing signing keys are read now: they stay the same for as long as the process lives."""
    signing_keys = SigningKeys(settings.signing_keys)
    if signing_keys.exists:
        signing_keys.fingerprints()
    return MailContext(sessions, clock, settings, signing_keys)
