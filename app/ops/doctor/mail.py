"""Mail: whether the server takes this service for a sender, and whether the world's name servers say that it may."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Final

from dns.exception import DNSException
from dns.rdatatype import RdataType
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from app.config.setting_types import is_loopback
from app.config.settings import Settings
from app.mailing.delivery.smtp_transport import SmtpSettings, SmtpTransport, smtp_settings
from app.mailing.delivery.transports import Deferred
from app.ops.certificates import certificate_problem
from app.ops.doctor.findings import Finding, fine, problem, unknown, warning

SMTP_SECONDS: Final = 10
"""For one step; the probe as a whole has its own limit."""
DNS_SECONDS: Final = 4.0
FILES: Final = "No mail server is configured (KB_SMTP_HOST): mails are written to files, and nobody gets them."


def look_at_mail_server(server: SmtpSettings | None, now: datetime) -> Iterator[Finding]:
    """Connect, TLS, its certificate, login, and no mail."""
    if server is None:
        yield unknown(FILES)
        return
    address = f"{server.host}:{server.port}"
    try:
        ends = SmtpTransport(server).check()
    except Deferred as error:
        cause = f": {error.__cause__}" if isinstance(error.__cause__, OSError) and error.__cause__.args else ""
        answer = f" ({error.reply})" if error.reply else ""
        yield problem(
            f"{address}: {error}{answer}{cause}. Check KB_SMTP_HOST, KB_SMTP_PORT, KB_SMTP_SECURITY, KB_SMTP_USER and "
            "KB_SMTP_PASSWORD, and whether a firewall lets it through."
        )
        return
    if message := certificate_problem(address, ends, now):
        yield problem(message)
    secured = "without TLS" if ends is None else f"with TLS, its certificate is trusted until {ends:%Y-%m-%d}"
    login = f"the login of {server.user} was accepted" if server.user else "no login is configured"
    reached = f"{address} was reached {secured}; {login}."
    if server.security == "none" and not is_loopback(server.host):
        yield warning(f"{reached} Mails can be read on the way: set KB_SMTP_SECURITY.")
    else:
        yield fine(reached)


def bounded_smtp_settings(settings: Settings) -> SmtpSettings | None:
    """As workers use it, but less patient."""
    return smtp_settings(settings, most_seconds=SMTP_SECONDS)


def sender_domain(settings: Settings) -> str | None:
    """Of the address in `From`, where a mail server is configured."""
    return parseaddr(settings.mail_from)[1].rpartition("@")[2] or None if settings.smtp_host else None


def look_at_mail_domain(domain: str | None, resolver: Resolver) -> Iterator[Finding]:
    """SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489): without them, large providers refuse mail."""
    if domain is None:
        yield unknown(FILES)
        return
    for look in (_spf, _dkim, _dmarc):
        try:
            yield from look(domain, resolver)
        except DNSException as error:
            yield unknown(f"The name servers do not answer about {domain}: {type(error).__name__}.")
            return


def _spf(domain: str, resolver: Resolver) -> Iterator[Finding]:
    records = [each for each in _texts(domain, resolver) if each.lower().split(" ")[0] == "v=spf1"]
    if not records:
        yield problem(
            f"SPF: {domain} has no record. Publish TXT `v=spf1 …` that names the mail server, as its provider says."
        )
    elif len(records) > 1:
        yield problem(f"SPF: {domain} has {len(records)} records, so that none counts. Make one of them.")
    elif records[0].lower().endswith("+all"):
        yield problem(f"SPF: {domain} lets the whole world send (`+all`). End the record with `~all` or `-all`.")
    else:
        yield fine(f"SPF: {domain} has a record. Ask its provider whether it names the mail server.")


def _dkim(domain: str, resolver: Resolver) -> Iterator[Finding]:
    """DNS cannot list the selectors, but it says whether there is any (RFC 8020)."""
    if _exists(f"_domainkey.{domain}", resolver):
        yield fine(f"DKIM: {domain} publishes keys.")
    else:
        yield warning(
            f"DKIM: {domain} seems to publish no key below _domainkey.{domain}. Let the mail server sign, and publish "
            "its key, as its provider says."
        )


def _dmarc(domain: str, resolver: Resolver) -> Iterator[Finding]:
    """Its own, or that of a domain above."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        above = ".".join(labels[start:])
        records = [each for each in _texts(f"_dmarc.{above}", resolver) if each.lower().startswith("v=dmarc1")]
        if records:
            yield fine(f"DMARC: {above} has a policy.")
            return
    yield warning(
        f"DMARC: {domain} has no policy. Publish TXT `v=DMARC1; p=none; rua=mailto:…` at _dmarc.{domain} to begin with."
    )


def _texts(name: str, resolver: Resolver) -> Sequence[str]:
    try:
        found = resolver.resolve(name, RdataType.TXT, lifetime=DNS_SECONDS)
    except (NXDOMAIN, NoAnswer):
        return ()
    return [b"".join(record.strings).decode("utf-8", "replace") for record in found]


def _exists(name: str, resolver: Resolver) -> bool:
    try:
        resolver.resolve(name, RdataType.TXT, lifetime=DNS_SECONDS)
    except NXDOMAIN:
        return False
    except NoAnswer:
        return True
    return True
