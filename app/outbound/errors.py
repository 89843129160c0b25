"""Why something outside was not fetched. No text repeats the address: it may have come from a stranger."""


class OutboundError(Exception):
    """The root. The text is a sentence that may be shown."""


class OutboundDisabled(OutboundError):
    """Outbound requests are switched off by a setting."""


class DestinationForbidden(OutboundError):
    """Not http(s), credentials in the address, or a server that is not public."""


class Unreachable(OutboundError):
    """No such server, no connection, no valid certificate, or no HTTP."""


class TimedOut(OutboundError):
    """The time for the whole exchange was used up."""


class ResponseTooLarge(OutboundError):
    """The answer is larger than it may be."""


class TooManyRedirects(OutboundError):
    """Sent on and on."""
