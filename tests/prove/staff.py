"""Somebody who makes entries and publishes them."""

import httpx

from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.staff.auth.actors import CLI
from app.staff.auth.keys import make_key
from app.staff.scopes import SCOPES

PUBLICATIONS = "/v1/staff/publications"


def make_staff_key(url: str) -> str:
    """With every scope, for a day."""
    sessions = Sessions(make_engine(url))
    with sessions.write() as session:
        _, token = make_key(session, name="Ann", scopes=[*SCOPES], days=1, by=CLI, now=utc_now())
        text = token.text
    sessions.dispose()
    return text


def publish_one(client: httpx.Client, key: str, slug: str) -> httpx.Response:
    """The answer to the last step that was taken."""
    headers = {"Authorization": f"Bearer {key}"}
    draft = {"slug": slug, "title": f"About {slug}", "terms": {"format": ["article"]}}
    made = client.post(PUBLICATIONS, json=draft, headers=headers)
    if made.status_code != 201:
        return made
    version = {"version": made.json()["version"]}
    return client.post(f"{PUBLICATIONS}/{slug}/publish", json=version, headers=headers)
