"""Says in every response that it comes from a practice copy."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.headers import PRACTICE, with_defaults


class PracticeMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_field(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": with_defaults(message.get("headers", ()), (PRACTICE,))}
            await send(message)

        await self._app(scope, receive, send_with_field)
