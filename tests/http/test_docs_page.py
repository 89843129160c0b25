"""The documentation page: our own files only, under a strict policy."""

import hashlib
import re

import httpx
import pytest
from fastapi import FastAPI

from app.http.docs.page import ASSETS, OWN_ASSETS, POLICY, STAFF_ASSETS, SWAGGER, VERSION, DocsPage, router
from app.http.services import Services
from app.pages.endpoints.docs_page import make_docs_page

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def answer(path: str, method: str = "GET", title: str = "Knowledge & practice") -> httpx.Response:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, routes=[*router.routes])
    app.state.services = Services()
    app.state.services.add(DocsPage, make_docs_page(title, "Europe/London", practice=False))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://kb.test") as client:
        return await client.request(method, path)


def test_vendored_files_are_those_that_were_published() -> None:
    lines = (SWAGGER / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    found = {name: hashlib.sha256((SWAGGER / name).read_bytes()).hexdigest() for name in ASSETS}
    assert found == sums


def test_nothing_else_lies_beside_them() -> None:
    assert {entry.name for entry in SWAGGER.iterdir()} == {*ASSETS, *OWN_ASSETS, "SHA256SUMS", "VERSION"}


def test_the_bundle_is_of_the_version_in_its_address() -> None:
    bundle = (SWAGGER / "swagger-ui-bundle.js").read_text("utf-8")
    assert f'"{VERSION}"' in bundle


async def test_the_page_carries_the_policy() -> None:
    page = await answer("/docs")
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert {name: page.headers[name] for name in ("content-type", "cache-control", "x-content-type-options")} == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "public, no-cache",
        "x-content-type-options": "nosniff",
    }


async def test_the_page_is_whole_without_inline_code_or_other_hosts() -> None:
    html = (await answer("/docs")).text
    assert "<title>Knowledge &amp; practice: the interface</title>" in html
    assert '<html lang="en-GB">' in html
    assert re.search(r"<noscript>.*<a href=\"openapi\.json\">.*</noscript>", html, re.DOTALL)
    assert "//" not in html
    assert not re.search(r"<style|\bstyle=|\bon\w+=|<script(?! src=)", html)


async def test_every_file_the_page_names_is_served() -> None:
    html = (await answer("/docs")).text
    named = re.findall(r"(?:src|href)=\"(docs/[^\"]+)\"", html)
    assert [(await answer(f"/{path}")).status_code for path in named] == [200] * 7


@pytest.mark.parametrize(("name", "media_type"), ASSETS.items())
async def test_vendored_files_may_be_kept_for_a_year(name: str, media_type: str) -> None:
    file = await answer(f"/docs/{VERSION}/{name}")
    assert file.content == (SWAGGER / name).read_bytes()
    assert file.headers["content-type"].split(";")[0] == media_type
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert file.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("name", "media_type"), OWN_ASSETS.items())
async def test_our_own_files_are_requested_again(name: str, media_type: str) -> None:
    file = await answer(f"/docs/{name}")
    assert (file.status_code, file.headers["cache-control"]) == (200, "public, no-cache")
    assert file.headers["content-type"] == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["/docs/swagger-ui.css", "/docs/1.0.0/swagger-ui.css", f"/docs/{VERSION}/VERSION", "/docs/../docs_page.py"]
)
async def test_nothing_else_is_served(path: str) -> None:
    assert (await answer(path)).status_code == 404


async def test_the_page_of_staff_is_our_own_files_under_the_same_policy() -> None:
    page = await answer("/docs/staff")
    assert page.headers["content-security-policy"] == POLICY
    assert "<title>Knowledge &amp; practice: for staff</title>" in page.text
    assert "All times on this page are those of Europe/London." in page.text
    assert not re.search(r"<style|\bstyle=|\bon\w+=|<script(?! src=)|https?://", page.text)
    for name, media_type in STAFF_ASSETS.items():
        file = await answer(f"/docs/staff/{name}")
        assert (file.status_code, file.headers["content-type"]) == (200, f"{media_type}; charset=utf-8")
