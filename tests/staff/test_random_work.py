"""Random sequences of drafts, working copies, mergers and restorations among all other work: what readers find is what
rendering everything anew would make, whatever came before."""

from contextlib import closing
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME
from app.kit.errors import AppError
from app.ops.database.integrity import check_catalogue
from app.staff.editing.merge_patch import merge_patch, validate_input
from app.staff.queries.history import revision_of
from app.staff.queries.subjects import Subject, load
from app.staff.workflow import transitions
from app.staff.workflow.merging import merge
from app.staff.workflow.steps import edit
from tests.corpus import Corpus
from tests.factories import NOW
from tests.published.random_changes import Staff
from tests.published.test_rebuilt_documents import contents, rebuilt

SEEDS = range(2)
STEPS = 40


class Team(Staff):
    """Staff who also work in working copies, merge and restore. What is refused is left as it was."""

    def work(self, steps: int) -> None:
        for _ in range(steps):
            if self.chance.random() < 0.4:
                super().work(1)
                continue
            self.number += 1
            own = (self.correct, self.correct, self.let_out, self.throw_away, self.merge_entries, self.merge_people)
            with self.kb.write() as session:
                self.attempt(session, self.chance.choice((*own, self.merge_topics, self.bring_back)))

    def attempt(self, session: Session, job: Any) -> None:
        try:
            with session.begin_nested():
                job(session)
        except AppError:
            session.expire_all()

    def one(self, session: Session) -> Subject:
        kind, slug = self.chance.choice(self.live)
        return load(session, BY_NAME[kind], slug)

    def correct(self, session: Session) -> None:
        subject = self.one(session)
        changes = {**self.references(f"{subject.kind.name}/{subject.row.slug}"), "title": f"Title {self.number}"}
        data = validate_input(subject.kind, merge_patch(subject.data, changes))
        edit(session, subject, data, by="team", now=self.now)

    def let_out(self, session: Session) -> None:
        transitions.publish(session, self.one(session), by="team", now=self.now)

    def throw_away(self, session: Session) -> None:
        transitions.discard(session, self.one(session), by="team", now=self.now)

    def bring_back(self, session: Session) -> None:
        subject = self.one(session)
        old = revision_of(session, subject, self.chance.randint(1, subject.version)).data or {}
        data = validate_input(subject.kind, {**old, "slug": subject.row.slug})
        edit(session, subject, data, by="team", now=self.now, action="restore")

    def merge_entries(self, session: Session) -> None:
        kind = self.chance.choice(self.live)[0]
        same = [slug for name, slug in self.live if name == kind]
        if len(same) < 2:
            return
        one, other = self.chance.sample(same, 2)
        self.merge(session, kind, one, other)
        self.live.remove((kind, one))

    def merge_people(self, session: Session) -> None:
        if len(self.people) < 2:
            return
        one, other = self.chance.sample(self.people, 2)
        self.merge(session, "person", one, other)
        self.people.remove(one)

    def merge_topics(self, session: Session) -> None:
        one, other = self.chance.sample(self.topics, 2)
        self.merge(session, "term", one, other, "topic")

    def merge(self, session: Session, kind: str, one: str, other: str, scheme: str | None = None) -> None:
        gone, stays = (load(session, BY_NAME[kind], slug, scheme=scheme) for slug in (one, other))
        merge(session, gone, stays, by="team", now=self.now)

    def rename_agent(self, session: Session) -> None:
        if len(self.people) > 1:
            super().rename_agent(session)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_staff_do_readers_find_what_the_catalogue_says(kb: Corpus, database: str, seed: int) -> None:
    team = Team(kb, seed)
    for _ in range(3):
        with kb.write() as session:
            team.publish(session)
        team.number += 1
    for step in range(STEPS):
        team.work(1)
        if step % 8 == 0:
            assert rebuilt(kb) == 0
    assert check_catalogue(kb.service.sessions, NOW) == []
    with closing(Corpus(database)) as fresh:
        assert contents(kb.snapshot) == contents(fresh.snapshot)
