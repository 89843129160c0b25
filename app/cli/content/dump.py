"""`kb dump`: a dump at once, beside those that the worker makes."""

from app.cli.context import migrated_database, out, read_settings, report_file_errors
from app.cli.progress import progress_shown
from app.harvest.dumps import make_dump
from app.kit.clock import utc_now
from app.reading.requests.urls import UrlBuilder


def dump() -> None:
    """Write everything public to a file that `/v1/dump` serves, unless the newest dump is up to date."""
    settings = read_settings()
    with report_file_errors(), migrated_database() as sessions, progress_shown():
        made = make_dump(sessions, settings.dumps, UrlBuilder(settings.base, settings.pages_url), now=utc_now())
    if made is None:
        out.print("The newest dump is up to date.")
        return
    path = settings.dumps / made.name
    out.print(f"{path}: {made.documents:,} documents, {made.size:,} bytes.", markup=False, soft_wrap=True)
