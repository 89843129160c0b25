"""Readers and entries as they may come, and a model in plain words that says which mails there will be."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from app.catalogue.registry import BY_COLLECTION
from app.mailing.consent.consent_log import ConsentStatement
from app.mailing.models import Frequency, SubscriberRow, SubscriptionState
from app.mailing.subscriptions import management
from tests.databases import Databases
from tests.factories import add_details, change, withdraw
from tests.mailing.mail_service import MailService, mail_service, titles

PUBLICATION = BY_COLLECTION["publications"]
TOPICS = ("ethics", "consent", "trust")
QUERIES: dict[str, frozenset[str]] = {
    "entries": frozenset(TOPICS),
    "publications?topic=ethics": frozenset({"ethics", "consent"}),
    "entries?topic=consent": frozenset({"consent"}),
    "entries?topic=trust": frozenset({"trust"}),
}
"""The topics that each finds: a narrower one is found with the broader."""
FRESH, CORRECTED = timedelta(days=92), timedelta(days=7)
"""How long something is news, and how long a correction makes it news to somebody who hears at once."""
BREAKS = ({"seconds": 20}, {"hours": 5}, {"days": 1}, {"days": 3}, {"days": 8}, {"days": 33}, {"days": 65})
AFTERWARDS = st.sampled_from([None, None, None, *BREAKS])
"""Every step may be followed by some time: left to chance alone, it would hardly ever pass at the right moments."""
WISHES = st.tuples(st.sampled_from("ab"), st.sampled_from(sorted(QUERIES)), st.sampled_from(Frequency))


@dataclass
class Entry:
    """`changed` numbers its last change, `news` the one that was noted, with its moment, once it was noticed."""

    topic: str
    changed: int
    live: bool = True
    news: tuple[int, datetime] | None = None
    published: datetime | None = None


@dataclass
class Wish:
    number: int
    query: str
    frequency: str
    since: int
    state: str = "active"


@dataclass
class Switch:
    """Of a reader who wants to hear at once from now on: what waited since their last digest is due."""

    address: str
    since: int
    seen: int
    at: datetime


@dataclass
class Reader:
    number: int
    wishes: list[Wish] = field(default_factory=list)
    notified: set[str] = field(default_factory=set)


class Digests(RuleBasedStateMachine):
    """`count` numbers all changes to what is published, as they are committed."""

    open_office: Callable[[], tuple[MailService, ExitStack]]
    mails_seen = 0

    def __init__(self) -> None:
        super().__init__()
        self.context, self.stack = type(self).open_office()
        self.entries: dict[str, Entry] = {}
        self.readers: dict[str, Reader] = {}
        self.count = self.seen = 0
        self.begun: set[tuple[str, datetime]] = set()
        self.switches: list[Switch] = []
        self.pass_by(BREAKS[0])

    def teardown(self) -> None:
        self.stack.close()

    # --- what happens

    @initialize(wishes=st.lists(WISHES, min_size=2, max_size=6))
    def begin(self, wishes: list[tuple[str, str, Frequency]]) -> None:
        for signup in wishes:
            self.subscribe(signup, None)

    @rule(topics=st.lists(st.sampled_from(TOPICS), min_size=1, max_size=3), then=AFTERWARDS)
    def publish(self, topics: list[str], then: dict[str, int] | None) -> None:
        for topic in topics:
            slug = f"entry-{len(self.entries)}"
            self.context.publish(slug, terms={"format": ["book"], "topic": [topic]})
            self.count += 1
            self.entries[slug] = Entry(topic, self.count, published=self.context.now)
        self.pass_by(then)

    @precondition(lambda self: any(entry.live for entry in self.entries.values()))
    @rule(data=st.data(), topic=st.sampled_from(TOPICS), then=AFTERWARDS)
    def correct(self, data: st.DataObject, topic: str, then: dict[str, int] | None) -> None:
        slug = data.draw(st.sampled_from([slug for slug, entry in self.entries.items() if entry.live]))
        entry = self.entries[slug]
        if topic != entry.topic:
            terms = {"format": ["book"], "topic": [topic]}
            with self.context.sessions.write() as session:
                change(session, PUBLICATION, slug, now=self.context.now, terms=terms)
            self.count += 1
            entry.topic, entry.changed, entry.published = topic, self.count, self.context.now
        self.pass_by(then)

    @precondition(lambda self: any(entry.live for entry in self.entries.values()))
    @rule(data=st.data(), then=AFTERWARDS)
    def withdraw(self, data: st.DataObject, then: dict[str, int] | None) -> None:
        slug = data.draw(st.sampled_from([slug for slug, entry in self.entries.items() if entry.live]))
        with self.context.sessions.write() as session:
            withdraw(session, PUBLICATION, slug, now=self.context.now)
        self.count += 1
        self.entries[slug].live = False
        self.pass_by(then)

    @rule(signup=WISHES, then=AFTERWARDS)
    def subscribe(self, signup: tuple[str, str, Frequency], then: dict[str, int] | None) -> None:
        name, query, frequency = signup
        address = f"{name}@x.test"
        if address not in self.readers:
            self.readers[address] = Reader(self.context.reader(address))
        reader = self.readers[address]
        if any(signup.query == query for signup in reader.wishes):
            return  # nobody has the same twice
        number = self.context.subscribe(reader.number, query, frequency)
        reader.wishes.append(Wish(number, query, frequency, self.count))
        self.pass_by(then)

    @precondition(lambda self: any(reader.wishes for reader in self.readers.values()))
    @rule(
        data=st.data(),
        state=st.sampled_from(["active", "paused", "ended"]),
        frequency=st.sampled_from([None, *Frequency]),
        then=AFTERWARDS,
    )
    def manage(self, data: st.DataObject, state: str, frequency: str | None, then: dict[str, int] | None) -> None:
        """As by the page: pause, go on, end, hear more or less often."""
        address, signup = data.draw(
            st.sampled_from([(address, signup) for address, reader in self.readers.items() for signup in reader.wishes])
        )
        reader = self.readers[address]
        last = all(each.state == "ended" for each in reader.wishes if each is not signup)
        if signup.state == "ended" or (last and state == "ended"):
            return  # what becomes of who has nothing left is another story: see `test_unsubscribing`
        self.change(address, signup, state, frequency)
        self.pass_by(then)

    @precondition(lambda self: any(True for _ in self.patient()))
    @rule(data=st.data(), topic=st.sampled_from(TOPICS))
    def hurry(self, data: st.DataObject, topic: str) -> None:
        """Something waits for its digest, and a reader will not wait any more."""
        self.publish([topic], {"hours": 5})
        address, signup = data.draw(st.sampled_from(list(self.patient())))
        self.change(address, signup, "active", Frequency.at_once)
        self.pass_by({"seconds": 20})

    def patient(self) -> Iterator[tuple[str, Wish]]:
        for address, reader in self.readers.items():
            for signup in reader.wishes:
                if signup.state == "active" and signup.frequency != Frequency.at_once:
                    yield address, signup

    def change(self, address: str, signup: Wish, state: str, frequency: str | None) -> None:
        wished = management.SubscriptionUpdate(id=signup.number, frequency=frequency, state=SubscriptionState(state))
        context = self.context
        with context.sessions.write() as session:
            person = session.get_one(SubscriberRow, self.readers[address].number)
            statement = ConsentStatement("test", None, "notice")
            management.change(context.context, session, person, [wished], statement, now=context.now)
        if state == "active" and signup.state == "paused":
            signup.since = self.count
        elif (signup.state, state) == ("active", "active") and frequency == Frequency.at_once != signup.frequency:
            self.switches.append(Switch(address, signup.since, self.seen, context.now))
        signup.state, signup.frequency = state, frequency or signup.frequency

    def pass_by(self, time: dict[str, int] | None) -> None:
        """All mails that come of it are those that the model says, and no other."""
        if time is None:
            return
        self.context.later(**time)
        mails = self.mails(self.context.now - timedelta(seconds=20))
        got = [(mail["To"], tuple(sorted(titles(mail)))) for mail in self.context.take()]
        assert Counter(got) == Counter(mails)
        type(self).mails_seen += len(got)

    # --- the model

    def mails(self, now: datetime) -> list[tuple[str, tuple[str, ...]]]:
        """To whom, and what is in it."""
        found = [mail for switch in self.switches for mail in self.catch_up(switch)]
        self.switches.clear()
        after, self.seen = self.seen, self.count
        changed = {slug for slug, entry in self.entries.items() if entry.live and entry.changed > after}
        for entry in map(self.entries.__getitem__, changed):
            entry.news = entry.news or (entry.changed, entry.published or now)
        found += self.run(Frequency.at_once, changed, now, after=after)
        for frequency in (Frequency.daily, Frequency.weekly, Frequency.monthly):
            if (slot := self.slot(frequency, now)) not in self.begun:
                self.begun.add(slot)
                found += self.run(frequency, set(self.entries), now)
        return found

    def slot(self, frequency: Frequency, now: datetime) -> tuple[str, datetime]:
        """The last seven o'clock, of a Monday, of a first."""
        day = now.replace(hour=7, minute=0, second=0)
        while (
            day > now
            or (frequency == Frequency.weekly and day.weekday() != 0)
            or (frequency == Frequency.monthly and day.day != 1)
        ):
            day -= timedelta(days=1)
        return frequency, day

    def catch_up(self, switch: Switch) -> list[tuple[str, tuple[str, ...]]]:
        """What changed since the switch is left to the next mail."""
        among = {slug for slug, entry in self.entries.items() if switch.since < entry.changed <= switch.seen}
        return self.run(Frequency.at_once, among, switch.at, after=switch.since, readers=(switch.address,))

    def run(
        self,
        frequency: Frequency,
        among: set[str],
        now: datetime,
        *,
        after: int = 0,
        readers: Collection[str] | None = None,
    ) -> list[tuple[str, tuple[str, ...]]]:
        found = []
        for address in self.readers if readers is None else readers:
            reader = self.readers[address]
            wishes = [signup for signup in reader.wishes if (signup.frequency, signup.state) == (frequency, "active")]
            news = {slug for slug in among for signup in wishes if self.is_news(self.entries[slug], signup, now, after)}
            if news - reader.notified:
                found.append((address, tuple(sorted(news - reader.notified))))
            reader.notified |= news
            for signup in wishes if frequency != Frequency.at_once else ():
                signup.since = max(signup.since, self.seen)
        return found

    def is_news(self, entry: Entry, signup: Wish, now: datetime, after: int) -> bool:
        if not entry.live or entry.news is None or entry.topic not in QUERIES[signup.query]:
            return False
        number, at = entry.news
        late = signup.frequency == Frequency.at_once and number <= after and at <= now - CORRECTED
        return number > signup.since and at > now - FRESH and not late


def test_digests_agree_with_the_model(databases: Databases, tmp_path: Path) -> None:
    template = databases.template("furnished", add_details)

    def open_office() -> tuple[MailService, ExitStack]:
        stack = ExitStack()
        url = stack.enter_context(databases.copied(template))
        return stack.enter_context(mail_service(url, tmp_path)), stack

    machine = type("Foretold", (Digests,), {"open_office": staticmethod(open_office)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12
            if template.startswith("sqlite")
            else 6,  # the same rules, and fewer of what they find alike
            stateful_step_count=14,
            phases=[Phase.generate],  # to find the smallest example takes longer than to read a larger one
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    seen = machine.mails_seen  # type: ignore[attr-defined]  # of the class that is made above
    assert seen > 20  # else it says nothing
