"""E-mail addresses: as typed, as used for sending, and as compared (RFC 5321, RFC 6531, RFC 5891)."""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, ValidatedEmail, validate_email


@dataclass(frozen=True, slots=True, repr=False)
class EmailAddress:
    """`typed` is what was entered; `mailbox` the address to send to, its domain in A-labels; `unique_key` identifies
    the owner: the local part in NFKC and case-folded, the domain in A-labels. Dots and plus signs are significant."""

    typed: str
    mailbox: str
    unique_key: str

    @property
    def domain(self) -> str:
        return self.unique_key.rpartition("@")[2]

    @property
    def person_key(self) -> str:
        """The key without what many providers ignore (dots, and anything after a plus sign): for limits only."""
        local, _, domain = self.unique_key.rpartition("@")
        return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def parse_address(text: str) -> EmailAddress:
    """Raises ValueError, without repeating the text, if it is no address. Whether it exists is not looked up."""
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        raise ValueError("must be an e-mail address, for example reader@example.org") from None
    return EmailAddress(
        text, f"{found.local_part}@{_a_labels(found)}", f"{_folded(found.local_part)}@{_a_labels(found)}"
    )


def _a_labels(found: ValidatedEmail) -> str:
    return str(found.ascii_domain).lower()


def _folded(local: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", local).casefold())
