"""Staff, readers and subscribers at two processes that crash and start again, over a database that is backed up, rolled
back, full, read-only or locked, while the clock jumps: everybody always sees what a model in plain words says.

The same cases each time. `PROVE_EXAMPLES` in the environment asks for more than the short form's."""

import copy
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from app.mailing.content.links import UNSUBSCRIBE
from app.mailing.subscriptions import job_requests
from app.ops.database.integrity import check_catalogue
from tests.databases import ENGINES, Databases
from tests.factories import add_details, make_publication
from tests.outages.test_failing_disk import full, read_only
from tests.prove.model import Entry, Model
from tests.prove.world import World

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "4"))
STEPS = int(os.environ.get("PROVE_STEPS", "40"))

PROCESS = st.sampled_from([0, 1])
WORDS = st.sampled_from(["lantern", "sketch", "harbour", "lantern sketch"])
JUMPS = st.sampled_from([timedelta(days=-2), timedelta(seconds=-5), timedelta(hours=1), timedelta(days=40)])
ADDRESSES = st.sampled_from([f"reader-{number}@example.org" for number in range(3)])
CHANCE = st.integers(0, 2**20)


ALWAYS = (
    "draft",
    "crash_while_writing",
    "sign_up",
    "search",
    "restart",
    "kill",
    "store_index",
    "damage_index",
    "move_clock",
    "back_up",
    "roll_back",
    "roll_back",
)
SQLITE = ("write_where_nothing_can_be_written", "read_while_somebody_else_writes")
WHERE_THERE_IS: dict[str, Callable[[Model], object]] = {
    "publish": lambda model: model.waiting(),
    "correct": lambda model: model.of("draft", "published"),
    "withdraw": lambda model: len(model.of("published")) > 1,
    "leave": lambda model: "active" in model.readers.values(),
    "look_at_one": lambda model: model.entries,
}


class Crash(Exception):
    """A process ends before it has committed."""


class KnowledgeBase(RuleBasedStateMachine):
    open_world: Callable[[ExitStack], World]

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.world = type(self).open_world(self._stack)
        self.model = Model()
        self.saved = Model()
        self.numbers = count(1)
        self.seen: dict[tuple[int, str], tuple[str, bytes]] = {}

    def teardown(self) -> None:
        assert check_catalogue(self.world.services[0].service.sessions, self.world.now) == []
        self._stack.close()

    def pick(self, data: st.DataObject, *states: Any) -> tuple[str, Entry]:
        slug = data.draw(st.sampled_from(self.model.of(*states)))
        return slug, self.model.entries[slug]

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """There is a backup to go back to, of what is not so any more."""
        self.back_up()
        self.draft(data)
        self.publish(data)

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """One rule for all, so that everything is as likely in every example, however few there are."""
        possible = [*ALWAYS, *(SQLITE if self.world.is_sqlite else ())]
        possible += [name for name, is_possible in WHERE_THERE_IS.items() if is_possible(self.model)]
        getattr(self, data.draw(st.sampled_from(possible)))(data)

    # --- staff

    def draft(self, data: st.DataObject) -> None:
        """Whose answer is lost, and who asks again with the same key, gets the same answer and no second entry."""
        process, words = data.draw(PROCESS), data.draw(WORDS)
        slug = f"one-{next(self.numbers)}"
        body = {"slug": slug, "title": words, "terms": {"format": ["article"]}}
        made = self.world.staff(process, "POST", "", body, Idempotency_Key=f"make-{slug}")
        assert made.status_code == 201, made.text
        if data.draw(st.booleans()):
            repeated = self.world.staff(1 - process, "POST", "", body, Idempotency_Key=f"make-{slug}")
            assert (repeated.status_code, repeated.content) == (201, made.content)
        self.model.entries[slug] = Entry(waiting=words)

    def step(self, process: int, slug: str, name: str, **more: Any) -> None:
        body = {"version": self.world.version(slug), **more}
        answer = self.world.staff(process, "POST", f"/{slug}/{name}", body)
        assert answer.status_code == 200, answer.text

    def publish(self, data: st.DataObject) -> None:
        slug, waiting = data.draw(st.sampled_from(self.model.waiting()))
        self.step(data.draw(PROCESS), slug, "publish")
        self.model.entries[slug] = Entry("published", waiting)

    def correct(self, data: st.DataObject) -> None:
        process = data.draw(PROCESS)
        slug, entry = self.pick(data, "draft", "published")
        title = f"{data.draw(WORDS)} {next(self.numbers)}"
        body = {"version": self.world.version(slug), "title": title}
        assert self.world.staff(process, "PATCH", f"/{slug}", body).status_code == 200
        assert self.world.staff(1 - process, "PATCH", f"/{slug}", body).status_code == 412, "somebody else was first"
        entry.waiting = title

    def withdraw(self, data: st.DataObject) -> None:
        slug, entry = self.pick(data, "published")
        self.step(data.draw(PROCESS), slug, "withdraw", reason="Superseded.")
        entry.state = "withdrawn"

    def crash_while_writing(self, data: st.DataObject) -> None:
        process = data.draw(PROCESS)

        def write() -> None:
            with self.world.services[process].write() as session:
                make_publication(session, slug=f"never-{next(self.numbers)}", title="lantern")
                raise Crash

        with pytest.raises(Crash):
            write()

    # --- subscribers

    def sign_up(self, data: st.DataObject) -> None:
        service, address = self.world.services[data.draw(PROCESS)], data.draw(ADDRESSES)
        status = service.sign_up(address, queries=[{"collection": "publications"}]).status_code
        assert status in (202, 429), "who asks again and again is told to wait"
        known = self.model.readers.get(address)
        if job_requests.CONFIRMATION in service.work() and known != "active":
            assert service.confirm(service.confirmation()).status_code == 200
            service.work()
            self.model.readers[address] = "active"
        elif known is None and self.world.reader_state(address) is not None:
            self.model.readers[address] = "pending"

    def leave(self, data: st.DataObject) -> None:
        active = [address for address, state in self.model.readers.items() if state == "active"]
        address = data.draw(st.sampled_from(active))
        service = self.world.services[data.draw(PROCESS)]
        numbers = [row.id for row in service.subscriptions(self.world.reader_number(address))]
        left = service.post_form(service.unsubscribe_path(*numbers), [("List-Unsubscribe", "One-Click")])
        assert left.status_code == 200, f"{UNSUBSCRIBE}: {left.text}"
        self.model.readers[address] = "left"

    @invariant()
    def readers_are_what_they_chose(self) -> None:
        for address, state in self.model.readers.items():
            assert (self.world.reader_state(address) == "active") == (state == "active"), address

    # --- what everybody sees

    @invariant()
    def both_processes_show_what_is_published(self) -> None:
        wanted = [{"slug": slug, "title": title} for slug, title in self.model.published().items()]
        path = "/v1/publications?per_page=100&sort=slug&select=slug,title"
        for number, service in enumerate(self.world.services):
            known = self.seen.get((number, path))
            answer = service.client.get(path, **({"If-None-Match": known[0]} if known else {}))
            if answer.status_code == 304:
                assert known is not None
                content = known[1]
            else:
                assert answer.status_code == 200, answer.text
                content = answer.content
                self.seen[number, path] = answer.headers["etag"], content
            shown = service.client.json(path)
            assert service.client.get(path).content == content, "what is not modified is what it was"
            assert [{name: each[name] for name in ("slug", "title")} for each in shown["results"]] == wanted

    def search(self, data: st.DataObject) -> None:
        service, word = (
            self.world.services[data.draw(PROCESS)],
            data.draw(st.sampled_from(["lantern", "sketch", "harbour"])),
        )
        wanted = {slug for slug, title in self.model.published().items() if word in title}
        assert set(service.client.slugs(f"/v1/publications?q={word}&per_page=100")) == wanted

    def look_at_one(self, data: st.DataObject) -> None:
        slug, entry = self.pick(data, "draft", "published", "withdrawn")
        wanted = {"draft": 404, "published": 200, "withdrawn": 410}[entry.state]
        service = self.world.services[data.draw(PROCESS)]
        assert service.client.get(f"/v1/publications/{slug}").status_code == wanted

    # --- what happens to the machine

    def restart(self, data: st.DataObject) -> None:
        process = data.draw(PROCESS)
        self.world.restart(process)
        self.seen = {key: value for key, value in self.seen.items() if key[0] != process}

    def kill(self, data: st.DataObject) -> None:
        self.world.kill(data.draw(PROCESS))

    def store_index(self, _: st.DataObject) -> None:
        self.world.store_index()

    def damage_index(self, data: st.DataObject) -> None:
        self.world.store_index()
        self.world.damage_index(data.draw(CHANCE))
        self.world.kill(data.draw(PROCESS))

    def move_clock(self, data: st.DataObject) -> None:
        self.world.move_clock(data.draw(JUMPS))

    def back_up(self, _: st.DataObject | None = None) -> None:
        self.world.back_up()
        self.saved = copy.deepcopy(self.model)

    def roll_back(self, data: st.DataObject) -> None:
        """Also where the index was stored just before, and one of both starts just after."""
        if data.draw(st.booleans()):
            self.world.store_index()
        self.world.put_back()
        self.model = copy.deepcopy(self.saved)
        if data.draw(st.booleans()):
            self.world.kill(data.draw(PROCESS))

    def write_where_nothing_can_be_written(self, data: st.DataObject) -> None:
        process, fault = data.draw(PROCESS), data.draw(st.sampled_from([full, read_only]))
        slug = f"one-{next(self.numbers)}"
        title = " ".join(["harbour"] * 20)
        body = {"slug": slug, "title": title, "terms": {"format": ["article"]}}
        with fault(self.world.services[process]):
            answer = self.world.staff(process, "POST", "", body)
        assert answer.status_code in (201, 503), answer.text
        if answer.status_code == 201:  # there was room left
            self.model.entries[slug] = Entry(waiting=title)
        else:
            assert int(answer.headers["retry-after"]) > 0

    def read_while_somebody_else_writes(self, data: st.DataObject) -> None:
        service = self.world.services[data.draw(PROCESS)]
        with self.world.locked():
            assert service.client.get("/v1/publications?sort=title").status_code == 200


@pytest.mark.parametrize("engine", ENGINES)
def test_everybody_sees_what_the_model_says(databases_of: Callable[[str], Databases], engine: str) -> None:
    databases = databases_of(engine)
    template = databases.template("furnished", add_details)

    def open_world(stack: ExitStack) -> World:
        url = stack.enter_context(databases.copied(template))
        world = World(url, databases, Path(tempfile.mkdtemp(prefix="kb-prove-")))
        stack.callback(world.forget_backup)
        stack.callback(world.close)
        return world

    machine = type("KnowledgeBase", (KnowledgeBase,), {"open_world": staticmethod(open_world)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=[*HealthCheck],
        ),
    )
