"""Services of an application, each found by its class."""

from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI

from app.http.services import Services, service


class Greeting:
    def __init__(self, text: str) -> None:
        self.text = text


class LoudGreeting(Greeting):
    """Another implementation of the same."""


def test_a_service_is_found_by_the_class_it_was_added_as() -> None:
    services = Services()
    added = services.add(Greeting, LoudGreeting("HELLO"))
    assert services[Greeting] is added


def test_a_later_one_takes_the_place_of_an_earlier_one() -> None:
    services = Services()
    services.add(Greeting, Greeting("hello"))
    services.add(Greeting, Greeting("good day"))
    assert services[Greeting].text == "good day"


def test_one_that_is_not_there_is_named() -> None:
    with pytest.raises(LookupError, match="no Greeting"):
        Services()[Greeting]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_each_application_hands_its_own_to_its_handlers(anyio_backend: str) -> None:
    def greet(greeting: Annotated[Greeting, service(Greeting)]) -> str:
        return greeting.text

    applications = [FastAPI(), FastAPI()]
    for application, text in zip(applications, ("one", "two"), strict=True):
        application.state.services = Services()
        application.state.services.add(Greeting, Greeting(text))
        application.get("/")(greet)
    answers = []
    for application in applications:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://kb.test") as client:
            answers.append((await client.get("/")).json())
    assert answers == ["one", "two"]
