"""A WebSub hub and its one subscriber, as the Recommendation has them: the hub finds itself named where it is told of a
topic, asks the subscriber whether it wanted that, reads the topic when it is told to, and sends it on, signed."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

SECRET = b"of the subscriber"
Read = Callable[[str], Any]
"""Answers a GET of an absolute URL, with `headers` and `content`."""


@dataclass
class Subscriber:
    """`told` is what the hub sent it, where the signature was good."""

    wanted: set[str] = field(default_factory=set)
    received: list[tuple[str, bytes]] = field(default_factory=list)

    def confirm(self, topic: str, challenge: str) -> str:
        """Section 5.3: the verification of intent."""
        return challenge if topic in self.wanted else ""

    def take(self, topic: str, body: bytes, signature: str) -> None:
        method, _, digest = signature.partition("=")
        assert hmac.compare_digest(digest, hmac.digest(SECRET, body, method).hex())
        self.received.append((topic, body))


@dataclass
class Hub:
    """`read` is how it reaches feeds. `answers` are given to the next requests in the place of its own; `pings` are the
    topics it was told of."""

    read: Read = field(default=lambda url: None)
    url: str = ""
    subscribers: dict[str, Subscriber] = field(default_factory=dict)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)

    def subscribe(self, subscriber: Subscriber, feed: str) -> None:
        """Section 4: the subscriber finds hub and topic in the header of the feed, and asks the hub (section 5)."""
        links = self.read(feed).links
        assert links["hub"]["url"] == self.url
        topic = links["self"]["url"]
        subscriber.wanted.add(topic)
        assert subscriber.confirm(topic, "a challenge") == "a challenge"
        self.subscribers[topic] = subscriber

    def answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        """A publisher's ping; the content goes to whoever subscribed (section 7)."""
        form = dict(parse_qsl(body.decode(), strict_parsing=True))
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        assert form.pop("hub.mode") == "publish"
        topic = form.pop("hub.url")
        assert form == {}
        if self.answers:
            return self.answers.pop(0)
        self.pings.append(topic)
        subscriber = self.subscribers.get(topic)
        if subscriber is not None:
            content = self.read(topic).content
            digest = hmac.new(SECRET, content, hashlib.sha256).hexdigest()
            subscriber.take(topic, content, f"sha256={digest}")
        return 204, {}
