"""A delivery names the job that sends it, for as long as there is one."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event, select

from app.feed.deliveries import Channel, DeliveryRow
from app.jobs.models import JobRow
from app.jobs.retention import prune
from tests.api_keys import api_key_client
from tests.corpus import Corpus
from tests.mailing.mail_service import MailService


def test_every_delivery_names_its_job_until_that_is_forgotten(database: str, tmp_path: Path) -> None:
    with closing(MailService(database, tmp_path)) as context:
        check(context)


def check(context: MailService) -> None:
    context.drain()
    context.reader("ann@example.org", "publications")
    context.publish("news")
    context.later(days=1)
    assert [mail["To"] for mail in context.take()] == ["ann@example.org"]
    with context.sessions.write() as session:
        both = session.execute(select(DeliveryRow, JobRow).join(JobRow, JobRow.id == DeliveryRow.job_id)).all()
        assert both
        assert len(both) == len(session.scalars(select(DeliveryRow)).all())
        assert all(delivery.key == f"{job.kind}/{job.key}" for delivery, job in both)
        assert {delivery.channel for delivery, _ in both} == {Channel.mail}
        later = context.now + timedelta(days=100)
        assert prune(session, done_before=later, other_before=later) >= len(both)
    with context.sessions.read() as session:
        assert {row.job_id for row in session.scalars(select(DeliveryRow))} == {None}


def test_staff_find_jobs_of_deliveries_by_their_numbers(kb: Corpus) -> None:
    plans: list[str] = []
    event.listen(kb.service.sessions.engine, "before_cursor_execute", lambda *sent: plans.append(sent[2]))
    api_key_client(kb).request_json("GET", "/v1/staff/mailing/deliveries")
    [joined] = [each for each in plans if "JOIN job" in each]
    assert "||" not in joined
