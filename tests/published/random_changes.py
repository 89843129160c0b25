"""Random sequences of staff's work, the same for the same seed."""

from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME
from app.staff.editing.writer import find
from tests.contract.catalogues import values
from tests.corpus import Corpus
from tests.factories import NOW, change, make_entry, make_organisation, make_person, make_term, withdraw

KINDS = ("publication", "framework", "event")
TOPICS = ("ethics", "consent", "capacity", "trust")


class Staff:
    """Somebody who changes whatever comes to hand; `live`, `drafts` and `agents` are what there is by now."""

    def __init__(self, kb: Corpus, seed: int) -> None:
        self.kb = kb
        self.chance = Random(seed)
        self.number = 0
        self.live: list[tuple[str, str]] = []
        self.drafts: list[tuple[str, str]] = []
        self.topics = list(TOPICS)
        self.people = ["ada", "bo", "cy"]
        self.organisations = ["north", "south"]
        with kb.write() as session:
            for slug in self.organisations:
                make_organisation(session, slug=slug, name=f"{slug} trust")
            for slug in self.people:
                make_person(session, slug=slug, name=f"{slug} example", affiliations=[{"organisation": "north"}])

    def work(self, steps: int) -> None:
        """So many changes, a transaction each."""
        jobs = (self.publish, self.publish, self.draft, self.release, self.retitle, self.rename, self.withdraw)
        more = (self.rename_term, self.rename_agent, self.move_agent, self.regroup)
        for _ in range(steps):
            self.number += 1
            with self.kb.write() as session:
                self.chance.choice((*jobs, *more))(session)

    def edit(self, session: Session, **changes: Any) -> None:
        if self.live:
            kind, slug = self.chance.choice(self.live)
            self.change(session, kind, slug, **changes)

    def change(self, session: Session, kind: str, slug: str, /, **changes: Any) -> None:
        """With all that it refers to chosen anew: names in its last input may have changed since."""
        change(session, BY_NAME[kind], slug, now=self.now, **{**self.references(f"{kind}/{slug}"), **changes})

    @property
    def now(self) -> Any:
        return NOW + timedelta(minutes=self.number)

    def references(self, own: str) -> dict[str, Any]:
        others = [f"{BY_NAME[kind].collection}/{slug}" for kind, slug in self.live if f"{kind}/{slug}" != own]
        people = [{"agent": f"people/{slug}", "role": "author"} for slug in self.some(self.people)]
        partners = [{"agent": f"organisations/{slug}", "role": "partner"} for slug in self.some(self.organisations)]
        return {
            "terms": {"format": [self.chance.choice(("book", "video"))], "topic": self.some(self.topics)},
            "contributors": people + partners,
            "funding": [{"funder": f"organisations/{slug}"} for slug in self.some(self.organisations)],
            "relations": [{"type": "IsPartOf", "target": target} for target in self.some(others)],
        }

    def some(self, names: list[str]) -> list[str]:
        return self.chance.sample(names, min(len(names), self.chance.randrange(3)))

    def new(self, session: Session, *, as_draft: bool) -> tuple[str, str]:
        kind = self.chance.choice(KINDS)
        slug = f"{kind}-{self.number}"
        own = {**values(BY_NAME[kind], 0, self.chance), **self.references(""), "slug": slug, "identifiers": []}
        make_entry(session, BY_NAME[kind], as_draft=as_draft, now=self.now, **own)
        return kind, slug

    def publish(self, session: Session) -> None:
        self.live.append(self.new(session, as_draft=False))

    def draft(self, session: Session) -> None:
        self.drafts.append(self.new(session, as_draft=True))

    def release(self, session: Session) -> None:
        if self.drafts:
            found = self.drafts.pop()
            self.change(session, *found)
            self.live.append(found)

    def retitle(self, session: Session) -> None:
        self.edit(session, title=self.chance.choice(("Zebra", "zebra", "Émile", "A lantern")), issued="2019")

    def rename(self, session: Session) -> None:
        """To a new name, or back to one it had."""
        if self.live:
            place = self.chance.randrange(len(self.live))
            kind, slug = self.live[place]
            name = slug.removesuffix("-again") if slug.endswith("-again") else f"{slug}-again"
            self.change(session, kind, slug, slug=name)
            self.live[place] = (kind, name)

    def withdraw(self, session: Session) -> None:
        if len(self.live) > 1:
            kind, slug = self.live.pop(self.chance.randrange(len(self.live)))
            other_kind, other = self.chance.choice(self.live)
            successor = find(session, BY_NAME[other_kind], other)
            withdraw(session, BY_NAME[kind], slug, now=self.now, replacement=successor)

    def rename_term(self, session: Session) -> None:
        place = self.chance.randrange(len(self.topics))
        name = f"topic-{self.number}"
        label = self.chance.choice(("Shared label", name))
        values = {"scheme": "topic", "slug": name, "label": label, "broader": self.wider(place)}
        change(session, BY_NAME["term"], self.topics[place], now=self.now, **values)
        self.topics[place] = name

    def wider(self, place: int) -> str | None:
        return self.chance.choice((None, *self.topics[:place]))

    def regroup(self, session: Session) -> None:
        """Put the last topic under another one, or under none."""
        change(session, BY_NAME["term"], self.topics[-1], scheme="topic", broader=self.wider(3), now=self.now)
        make_term(session, "topic", slug=f"new-{self.number}", broader=self.topics[-1], now=self.now)

    def rename_agent(self, session: Session) -> None:
        for kind, names in (("person", self.people), ("organisation", self.organisations)):
            place = self.chance.randrange(len(names))
            name = f"{kind}-{self.number}"
            homes = {"affiliations": self.homes()} if kind == "person" else {}
            change(session, BY_NAME[kind], names[place], slug=name, name=f"Name {name}", now=self.now, **homes)
            names[place] = name

    def move_agent(self, session: Session) -> None:
        """Somebody changes house."""
        change(session, BY_NAME["person"], self.chance.choice(self.people), affiliations=self.homes(), now=self.now)

    def homes(self) -> list[dict[str, str]]:
        return [{"organisation": slug} for slug in self.some(self.organisations)]
