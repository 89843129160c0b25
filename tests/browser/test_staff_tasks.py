"""The tasks of staff, each counted in steps: by mouse and by the keyboard alone, at two widths.

Nobody types a slug, a version or a brace.
"""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.browser.documentation_page import PATIENCE
from tests.browser.drivers import Driver, Keyboard, Mouse
from tests.browser.page_monitor import PageMonitor
from tests.browser.staff_page import StaffPage
from tests.browser.test_accessibility import broken
from tests.browser.test_staff_page import public
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.browser
TABLE = """title,authors,issued,topic,format
{name} one,"Lee, Sam",2021,Participation,Report
{name} two,"Lee, Sam",2022,,Report
{name} three,"Lee, Sam",2023,,Report
{name} four,"Lee, Sam",2024,,Video
{name} five,"Lee, Sam",2025,,Blog post
"""
BIBTEX = (
    """@article{{one, title = {{{name}}}, author = {{Bloggs, Jo}}, journal = {{Journal of Examples}}, year = 2023}}"""
)


@pytest.fixture(scope="module", params=[1280, 400])
def width(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture(scope="module", params=[Mouse(), Keyboard()], ids=["mouse", "keyboard"])
def driver(request: pytest.FixtureRequest) -> Driver:
    found: Driver = request.param
    return found


@pytest.fixture(scope="module")
def whose(width: int, driver: Driver) -> str:
    """Ends the titles of what is made, so that each has its own."""
    return f"{type(driver).__name__.lower()}-{width}"


@pytest.fixture(scope="module")
def desk(browser: Browser, address: str, key: str, width: int, driver: Driver) -> Iterator[StaffPage]:
    """One page, open all day, of somebody far away who pasted their key. What it complained of is asked at the end."""
    with browser.new_context(viewport={"width": width, "height": 800}, timezone_id="Pacific/Auckland") as context:
        page = context.new_page()
        witness = PageMonitor(page)
        page.goto(f"{address}/docs/staff")
        expect(page.get_by_role("link", name="Add a publication, as a draft")).to_be_visible(timeout=PATIENCE)
        found = StaffPage(page, driver=driver)
        found.authorise(key)
        yield found
        assert [each for each in witness.complaints if "status of 4" not in each] == []


@pytest.fixture(autouse=True)
def looked_at(desk: StaffPage, width: int) -> Iterator[None]:
    """After each task: nothing is beyond the edge, the answer is in view, and no rule of axe-core is broken."""
    desk.steps.clear()
    yield
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
    expect(desk.page.locator(".answer .headline")).to_be_in_viewport()
    assert broken(desk.page) == {}


def test_a_publication_by_pasted_bibtex(desk: StaffPage, whose: str) -> None:
    form = desk.task("Import references: propose entries or create drafts")
    form.fill("Paste here", BIBTEX.format(name=f"Pasted {whose}")).send()
    assert form.send("Create this draft", status=201)["records"][0]["outcome"] == "created"
    assert len(desk.steps) <= 4


def test_a_publication_by_hand_with_a_new_author_up_to_its_publishing(
    desk: StaffPage, address: str, whose: str
) -> None:
    title = f"By hand {whose}"
    form = desk.task("Add a publication, as a draft").press("Add a contributor")
    form.fill("Title", title).fill("Date", "14 March 2024").assign("Formats", "Report")
    form.fill("Person or organisation", f"Author, New {whose}").choose("Role", "Author").send(status=422)
    form.press(f"Add “Author, New {whose}” as a new person")
    expect(form.answer.locator(".headline")).to_have_text(f"Saved: “{title}” is a draft, version 1.", timeout=PATIENCE)
    assert len(desk.steps) <= 6
    desk.go_on("Ask for review", "Submit an entry for review").send()
    desk.go_on("Publish", "Publish an entry now").send()
    assert public(address, title).json()["issued"] == "2024-03-14"


def test_what_awaits_me_leads_to_its_next_step(desk: StaffPage, address: str, whose: str) -> None:
    desk.task("Add a publication, as a draft").fill("Title", f"Awaited {whose}").send(status=201)
    form = desk.task("See what awaits me, and my key")
    mine = form.send()["mine"]
    assert (mine[0]["title"], mine[0]["reason"]) == (f"Awaited {whose}", "draft")
    expect(form.answer).to_contain_text(f"Ann Editor added the publication “Awaited {whose}”.")
    form = desk.go_on(f"Publish: Awaited {whose}", "Publish an entry now")
    expect(form.status).to_contain_text(f"Awaited {whose}", timeout=PATIENCE)
    form.send("Check only, change nothing", status=422)
    assert form.headline == "This cannot be done yet. One thing needs correcting:"
    expect(form.answer.get_by_role("listitem")).to_contain_text("Topics, stages and other terms: ")
    form = desk.go_on("Correct", "Correct a publication")
    form.assign("Formats", "Report").send()
    form = desk.go_on("Publish", "Publish an entry now")
    checked = form.send("Check only, change nothing")
    assert checked["effects"][0] == "Readers will find it at once, in lists, in search and in feeds."
    expect(form.answer).to_contain_text("No subscriber asks for such entries: it will be in no mail.")
    assert public(address, f"Awaited {whose}").status_code == 404


def test_a_typo_of_what_is_published_is_corrected(desk: StaffPage, address: str, whose: str) -> None:
    form = desk.task("Correct a publication").which(f"By hand {whose}")
    form.fill("Summary", "Without the typo.").send()
    desk.go_on("Publish", "Publish an entry now").send()
    assert len(desk.steps) <= 5
    assert public(address, f"By hand {whose}").json()["summary"] == "Without the typo."


def test_a_former_version_is_restored_and_published(desk: StaffPage, address: str, whose: str) -> None:
    form = desk.task("See the history of an entry or a person").name("Which one", f"By hand {whose}")
    form.send()
    button = form.answer.locator("tr").filter(has_text="Version 1").get_by_role("button")
    name = str(button.get_attribute("aria-label"))
    form = desk.go_on(name, "Restore a version of an entry or a person")
    expect(form.status).to_contain_text(f"By hand {whose}", timeout=PATIENCE)
    form.send()
    desk.go_on("Publish", "Publish an entry now").send()
    assert len(desk.steps) <= 7
    assert public(address, f"By hand {whose}").json()["summary"] == ""


def test_a_version_is_chosen_by_its_words(desk: StaffPage, whose: str) -> None:
    form = desk.task("See a version of an entry or a person").name("Which one", f"By hand {whose}")
    form.choose("Version", re.compile("^Version 1: created by Ann Editor"))
    assert form.send()["version"] == 1


def test_an_event(desk: StaffPage, address: str, whose: str) -> None:
    title = f"A seminar {whose}"
    form = desk.task("Add an event, as a draft").fill("Title", title).fill("First day", "14 March 2027")
    form.fill("Last day", "15 March 2027").fill("Place", "Brighton").choose("Online", "No")
    form.assign("Formats", "Event").send(status=201)
    desk.go_on("Publish", "Publish an entry now").send()
    assert len(desk.steps) <= 5
    event = public(address, title).json()
    assert (event["start"], event["end"], event["place"], event["online"]) == (
        "2027-03-14",
        "2027-03-15",
        "Brighton",
        False,
    )


def test_a_site_with_confidential_notes(desk: StaffPage, whose: str) -> None:
    form = desk.task("Add a site, as a draft").fill("Title", f"Site {whose}").fill("Nation", "Wales")
    form.send(status=201)
    form = desk.go_on("Confidential notes", "Change confidential notes")
    expect(form.status).not_to_be_empty(timeout=PATIENCE)
    form.fill("Name", f"Exampleton {whose}").fill("Notes", "Ask before a visit.").send()
    assert len(desk.steps) <= 6
    form = desk.task("Correct a site").which(f"Site {whose}")
    form.fill("Summary", f"We were in Exampleton {whose}.").send()
    form = desk.go_on("Publish", "Publish an entry now")
    refused = form.send(status=422)
    assert "Exampleton" not in str(refused)


def test_a_video(desk: StaffPage, address: str, whose: str) -> None:
    title = f"A film {whose}"
    form = desk.task("Add a publication, as a draft").press("Add a link").fill("Title", title)
    form.assign("Formats", "Video").choose("Type", "Watch").fill("URL", f"https://example.org/film-{whose}")
    form.unfold("More about it").fill("Duration", "12:30").send(status=201)
    desk.go_on("Publish", "Publish an entry now").send()
    assert len(desk.steps) <= 6
    video = public(address, title).json()
    assert (video["duration"], video["resources"][0]["type"]) == ("PT12M30S", "watch")


def test_a_relation_in_words(desk: StaffPage, address: str, whose: str) -> None:
    form = desk.task("Correct a publication").which(f"By hand {whose}").press("Add a relation")
    form.choose("Type", re.compile("^Is the infographic")).name("The other entry", f"A film {whose}").send()
    desk.go_on("Publish", "Publish an entry now").send()
    assert len(desk.steps) <= 7
    (relation,) = public(address, f"By hand {whose}").json()["relations"]
    assert (relation["type"], relation["label"]) == ("IsSupplementTo", f"A film {whose}")
    words = "Is the infographic, summary or other supplement of"
    assert (
        words
        in httpx.get(
            public(address, f"By hand {whose}").json()["url"], headers={"Accept": "text/html"}, follow_redirects=True
        ).text
    )


def test_a_table_of_five_rows(desk: StaffPage, whose: str) -> None:
    file = FilePayload(name="rows.csv", mimeType="", buffer=TABLE.format(name=f"Row {whose}").encode())
    form = desk.task("Import references: propose entries or create drafts").attach("Or choose a file", file)
    proposed = form.send()["records"]
    assert [each["outcome"] for each in proposed] == ["proposed"] * 5
    made = form.send("Create these 5 drafts", status=201)["records"]
    assert [each["outcome"] for each in made] == ["created"] * 5
    assert len(desk.steps) <= 4


def test_withdrawn_and_reinstated(desk: StaffPage, address: str, whose: str) -> None:
    there = public(address, f"A film {whose}").json()["url"]
    form = desk.task("Withdraw an entry").which(f"A film {whose}").fill("Reason", "To be checked.")
    form.name("Replacement", f"By hand {whose}").send()
    gone = httpx.get(there)
    assert (gone.status_code, gone.json()["replacement"]) == (410, public(address, f"By hand {whose}").json()["url"])
    desk.go_on("Reinstate", "Reinstate a withdrawn entry").send()
    assert len(desk.steps) <= 5
    assert httpx.get(there).status_code == 200


def test_two_of_the_same_are_merged(desk: StaffPage, whose: str) -> None:
    for name in (f"Sam Same {whose}", f"Sam Samey {whose}"):
        desk.task("Add a person").fill("Name", name).send(status=201)
    desk.steps.clear()
    form = desk.task("Merge an entry or a person into another").which(f"Sam Samey {whose}")
    form.name("Into which one", f"Sam Same {whose}").fill("Confirm", f"Sam Samey {whose}").send()
    assert form.headline.startswith("Merged: ")
    assert len(desk.steps) <= 4


def test_a_topic_is_made_and_renamed(desk: StaffPage, address: str, whose: str) -> None:
    form = desk.task("Add a term").choose("Vocabulary", "Topics").fill("Label", f"A topc {whose}").send(status=201)
    form = desk.go_on("Correct", "Correct a term")
    expect(form.main.get_by_label("Label").first).to_have_value(f"A topc {whose}", timeout=PATIENCE)
    form.fill("Label", f"A topic {whose}").send()
    assert len(desk.steps) <= 6
    shown = httpx.get(f"{address}/v1/topics/a-topc-{whose}").json()
    assert shown["label"] == f"A topic {whose}"


def test_publishing_is_scheduled_in_the_time_of_the_project(desk: StaffPage, whose: str) -> None:
    expect(desk.page.get_by_text("All times on this page are those of Europe/London.")).to_be_visible()
    title = f"Later {whose}"
    desk.task("Add an event, as a draft").fill("Title", title).assign("Formats", "Event").send(status=201)
    form = desk.task("Schedule publishing of an entry").which(title)
    for typed, message in (
        ("29 March 2099, 1:30", "There is no such time: the clocks"),
        ("soon", "Write day and time as"),
    ):
        form.fill("Publish at", typed).submit()
        expect(form.answer.locator(".headline")).to_contain_text(f"Nothing was sent. Fill in: Publish at. {message}")
        expect(form.main.get_by_label("Publish at")).to_be_focused()
    repeated = form.fill("Publish at", "25 Oct 2099 at 1.30").send("Check only, change nothing")
    assert repeated["publish_at"] == "2099-10-25T00:30:00Z"
    assert form.fill("Publish at", "14 July 2099, 9:00").send()["publish_at"] == "2099-07-14T08:00:00Z"
    expect(form.answer).to_contain_text("It will be published on 14 July 2099, 09:00.")
    form = desk.task("See what awaits me, and my key")
    form.send()
    scheduled = form.answer.get_by_role("region", name="Scheduled").locator("tr")
    expect(scheduled.filter(has_text=title)).to_contain_text("14 July 2099, 09:00")


def test_what_is_scheduled_is_called_off_from_its_answer(desk: StaffPage, whose: str) -> None:
    title = f"Called off {whose}"
    desk.task("Add an event, as a draft").fill("Title", title).assign("Formats", "Event").send(status=201)
    form = desk.task("Schedule publishing of an entry").which(title)
    form.fill("Publish at", "14 July 2099, 9:00").send()
    expect(form.answer.get_by_role("button", name="Correct")).to_have_count(0)
    form = desk.task("Correct an event").which(title).fill("Summary", "Too late.")
    form.send(status=409)
    assert form.headline == "It is scheduled for publishing: cancel the time first."
    desk.page.once("dialog", lambda dialog: dialog.accept())
    desk.go_on("Cancel the time for publishing", "Cancel scheduled publishing of an entry")
    form = desk.task("Schedule publishing of an entry").which(title)
    form.fill("Publish at", "15 July 2099, 9:00").send()
    form = desk.go_on("Cancel", "Cancel scheduled publishing of an entry")
    expect(form.status).to_contain_text(title, timeout=PATIENCE)
    assert form.send()["publish_at"] is None
    assert form.headline == f"Saved: “{title}” is a draft, version 4."
    form.answer.get_by_role("button", name="Correct").wait_for()


def test_a_mail_is_scheduled_and_called_off(desk: StaffPage, whose: str) -> None:
    subject = f"News {whose}"
    desk.task("Create an update").fill("Subject", subject).fill("Body", "Read it.").send(status=201)
    form = desk.go_on("Send", "Send an update").fill("Send at", "1 July 2099, 9:00").fill("Confirm", subject)
    assert form.send()["send_at"] == "2099-07-01T08:00:00Z"
    expect(form.answer).to_contain_text("It will be sent on 1 July 2099, 09:00.")
    assert desk.go_on("Cancel", "Cancel an update").send()["state"] == "cancelled"
    form = desk.go_on("Send", "Send an update").fill("Send at", "1 July 2099, 9:00").fill("Confirm", subject)
    form.send()
    form = desk.task("See what awaits me, and my key")
    form.send()
    scheduled = form.answer.get_by_role("region", name="Scheduled").locator("tr")
    expect(scheduled.filter(has_text=f"Mail: {subject}")).to_contain_text("1 July 2099, 09:00")
    assert desk.go_on(f"Cancel: {subject}", "Cancel an update").send()["state"] == "cancelled"


def test_a_digest_is_tested(desk: StaffPage, mail_server: SmtpServer, whose: str) -> None:
    form = desk.task("Send a test digest").fill("Words", "innovation").fill("Address", f"{whose}@example.org")
    form.send(status=202)
    assert form.headline == f"Done: the test is on its way to {whose}@example.org."
    assert len(desk.steps) <= 3
