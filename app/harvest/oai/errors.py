"""The errors of the protocol, which are sent in a response with status 200 (section 3.6)."""

from typing import Literal

Code = Literal[
    "badArgument",
    "badResumptionToken",
    "badVerb",
    "cannotDisseminateFormat",
    "idDoesNotExist",
    "noRecordsMatch",
]


class OaiError(Exception):
    """A code of the protocol, and what is wrong in words."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
