"""A transport that keeps what is sent."""

from dataclasses import dataclass, field

from app.mailing.delivery.transports import ACCEPTED, MarkBegun, OutgoingMessage, Reply


@dataclass(slots=True)
class MemoryTransport:
    """In the order of sending."""

    sent: list[OutgoingMessage] = field(default_factory=list)

    def send(self, message: OutgoingMessage, mark_begun: MarkBegun) -> Reply:
        mark_begun()
        self.sent.append(message)
        return ACCEPTED

    def close(self) -> None:
        """There is nothing to close."""
