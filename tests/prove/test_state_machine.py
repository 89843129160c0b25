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
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from app.mailing.content.links import UNSUBSCRIBE
from app.mailing.subscriptions import job_requests
from app.ops.integrity import check_catalogue
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


class Crash(Exception):
    """A process ends before it has committed."""


class KnowledgeBase(RuleBasedStateMachine):
    open_world: Callable[[ExitStack], World]

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.world = type(self).open_world(self._stack)
        self.model = Model()
        self.saved: Model | None = None
        self.numbers = count(1)
        self.seen: dict[tuple[int, str], tuple[str, bytes]] = {}

    def teardown(self) -> None:
        assert check_catalogue(self.world.services[0].service.sessions, self.world.now) == []
        self._stack.close()

    def pick(self, data: st.DataObject, *states: Any) -> tuple[str, Entry]:
        slug = data.draw(st.sampled_from(self.model.of(*states)))
        return slug, self.model.entries[slug]

    # --- staff

    @rule(process=PROCESS, words=WORDS, again=st.booleans())
    def draft(self, process: int, words: str, again: bool) -> None:
        """Whose answer is lost, and who asks again with the same key, gets the same answer and no second entry."""
        slug = f"one-{next(self.numbers)}"
        body = {"slug": slug, "title": words, "terms": {"format": ["article"]}}
        made = self.world.staff(process, "POST", "", body, Idempotency_Key=f"make-{slug}")
        assert made.status_code == 201, made.text
        if again:
            repeated = self.world.staff(1 - process, "POST", "", body, Idempotency_Key=f"make-{slug}")
            assert (repeated.status_code, repeated.content) == (201, made.content)
        self.model.entries[slug] = Entry(waiting=words)

    def step(self, process: int, slug: str, name: str, **more: Any) -> None:
        body = {"version": self.world.version(slug), **more}
        answer = self.world.staff(process, "POST", f"/{slug}/{name}", body)
        assert answer.status_code == 200, answer.text

    @precondition(lambda self: self.model.of("draft", "published"))
    @rule(data=st.data(), process=PROCESS)
    def publish(self, data: st.DataObject, process: int) -> None:
        slug, entry = self.pick(data, "draft", "published")
        if entry.waiting is not None:
            self.step(process, slug, "publish")
            entry.state, entry.title, entry.waiting = "published", entry.waiting, None

    @precondition(lambda self: self.model.of("draft", "published"))
    @rule(data=st.data(), process=PROCESS, words=WORDS)
    def correct(self, data: st.DataObject, process: int, words: str) -> None:
        slug, entry = self.pick(data, "draft", "published")
        title = f"{words} {next(self.numbers)}"
        body = {"version": self.world.version(slug), "title": title}
        assert self.world.staff(process, "PATCH", f"/{slug}", body).status_code == 200
        assert self.world.staff(1 - process, "PATCH", f"/{slug}", body).status_code == 412, "somebody else was first"
        entry.waiting = title

    @precondition(lambda self: self.model.of("published"))
    @rule(data=st.data(), process=PROCESS)
    def withdraw(self, data: st.DataObject, process: int) -> None:
        slug, entry = self.pick(data, "published")
        self.step(process, slug, "withdraw", reason="Superseded.")
        entry.state = "withdrawn"

    @rule(process=PROCESS)
    def crash_while_writing(self, process: int) -> None:
        def write() -> None:
            with self.world.services[process].write() as session:
                make_publication(session, slug=f"never-{next(self.numbers)}", title="lantern")
                raise Crash

        with pytest.raises(Crash):
            write()

    # --- subscribers

    @rule(process=PROCESS, address=ADDRESSES)
    def sign_up(self, process: int, address: str) -> None:
        service = self.world.services[process]
        status = service.sign_up(address, queries=[{"collection": "publications"}]).status_code
        assert status in (202, 429), "who asks again and again is told to wait"
        known = self.model.readers.get(address)
        if job_requests.CONFIRMATION in service.work() and known != "active":
            assert service.confirm(service.confirmation()).status_code == 200
            service.work()
            self.model.readers[address] = "active"
        elif known is None and self.world.reader_state(address) is not None:
            self.model.readers[address] = "pending"

    @precondition(lambda self: "active" in self.model.readers.values())
    @rule(data=st.data(), process=PROCESS)
    def leave(self, data: st.DataObject, process: int) -> None:
        active = [address for address, state in self.model.readers.items() if state == "active"]
        address = data.draw(st.sampled_from(active))
        service = self.world.services[process]
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

    @rule(process=PROCESS, word=st.sampled_from(["lantern", "sketch", "harbour"]))
    def search(self, process: int, word: str) -> None:
        wanted = {slug for slug, title in self.model.published().items() if word in title}
        assert set(self.world.services[process].client.slugs(f"/v1/publications?q={word}&per_page=100")) == wanted

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data(), process=PROCESS)
    def look_at_one(self, data: st.DataObject, process: int) -> None:
        slug, entry = self.pick(data, "draft", "published", "withdrawn")
        wanted = {"draft": 404, "published": 200, "withdrawn": 410}[entry.state]
        assert self.world.services[process].client.get(f"/v1/publications/{slug}").status_code == wanted

    # --- what happens to the machine

    @rule(process=PROCESS)
    def restart(self, process: int) -> None:
        self.world.restart(process)
        self.seen = {key: value for key, value in self.seen.items() if key[0] != process}

    @rule(process=PROCESS)
    def kill(self, process: int) -> None:
        self.world.kill(process)

    @rule()
    def store_index(self) -> None:
        self.world.store_index()

    @rule(chance=CHANCE)
    def damage_index(self, chance: int) -> None:
        self.world.damage_index(chance)

    @rule(jump=JUMPS)
    def move_clock(self, jump: timedelta) -> None:
        self.world.move_clock(jump)

    @rule()
    def back_up(self) -> None:
        self.world.back_up()
        self.saved = copy.deepcopy(self.model)

    @precondition(lambda self: self.saved is not None)
    @rule()
    def roll_back(self) -> None:
        assert self.saved is not None
        self.world.put_back()
        self.model = copy.deepcopy(self.saved)

    @precondition(lambda self: self.world.is_sqlite)
    @rule(process=PROCESS, fault=st.sampled_from([full, read_only]))
    def write_where_nothing_can_be_written(self, process: int, fault: Any) -> None:
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

    @precondition(lambda self: self.world.is_sqlite)
    @rule(process=PROCESS)
    def read_while_somebody_else_writes(self, process: int) -> None:
        with self.world.locked():
            assert self.world.services[process].client.get("/v1/publications?sort=title").status_code == 200


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
