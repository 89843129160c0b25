"""`kb mcp`: an assistant on this machine is answered by way of standard input and output."""

import asyncio
from contextlib import closing

from app.assistants.context import AssistantContext
from app.assistants.protocol_loader import load_protocol
from app.cli.context import fail, migrated_database, read_settings
from app.kit.system.extras import MissingExtra
from app.main import create_app


def mcp() -> None:
    """Answer an assistant by the Model Context Protocol, on standard input and output."""
    settings = read_settings(assistants=False)
    with migrated_database(), closing(create_app(settings)) as service:
        try:
            protocol = load_protocol(service.services[AssistantContext], wanted_by="This is the extra `assistants`")
        except MissingExtra as error:
            fail(str(error))
        asyncio.run(protocol.serve_stdio())
