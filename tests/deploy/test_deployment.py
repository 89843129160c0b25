"""The files of deploy/ and compose.yaml, each tried with the program that reads it: nginx and Caddy in front of a
service that runs, systemd's own judgement of the units, the schema of the Compose specification."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import jsonschema
import pytest
import trustme
import yaml

from app.config.settings import Settings
from tests.cli.test_serving import served
from tests.waiting import free_port, wait_until

PROJECT = Path(__file__).parents[2]
DEPLOY = PROJECT / "deploy"
HOST = "kb.example.org"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MOST_EXPOSED = 2.0


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def proxied(command: list[str], port: int, authority: trustme.CA, **environment: str) -> Iterator[httpx.Client]:
    """A client of the proxy that the command starts: it knows the host by its name, and finds it on this machine."""
    with subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.PIPE, text=True) as process:
        context = httpx.create_ssl_context()
        authority.configure_trust(context)
        address = f"https://127.0.0.1:{port}"
        client = httpx.Client(base_url=address, headers={"Host": HOST}, verify=context, timeout=10, trust_env=False)
        try:
            wait_until(lambda: is_there(client))
            yield client
        finally:
            client.close()
            process.terminate()
            process.wait(10)


def is_there(client: httpx.Client) -> bool:
    try:
        return client.get("/health/live", extensions={"sni_hostname": HOST}).is_success
    except httpx.TransportError:
        return False


def get(client: httpx.Client, path: str, **headers: str) -> httpx.Response:
    return client.get(path, headers=headers, extensions={"sni_hostname": HOST})


@contextmanager
def nginx(folder: Path, upstream: int, authority: trustme.CA, *, is_shared: bool = False) -> Iterator[httpx.Client]:
    """The file as it is, but for ports and places; `is_shared`: without the lines that the responses replace."""
    port, certificate = free_port(), authority.issue_cert(HOST)
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    certificate.private_key_pem.write_to_path(folder / "cert.key")
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    if is_shared:
        text = "\n".join(line for line in text.splitlines() if not line.endswith("# (1)"))
    for place, here in {
        "127.0.0.1:8000": f"127.0.0.1:{upstream}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "listen 80": f"listen 127.0.0.1:{free_port()}",
        "/var/cache/nginx/knowledge-base": f"{folder}/cache",
        "/var/log/nginx/knowledge-base.log": f"{folder}/access.log",
        "/etc/ssl/kb.example.org.pem": f"{folder}/cert.pem",
        "/etc/ssl/kb.example.org.key": f"{folder}/cert.key",
    }.items():
        assert place in text, place
        text = text.replace(place, here)
    whole = (
        f"user root; pid {folder}/nginx.pid; daemon off; error_log {folder}/error.log; events {{}} http {{ {text} }}"
    )
    (folder / "nginx.conf").write_text(whole, encoding="utf-8")
    with proxied(
        ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], port, authority
    ) as client:
        yield client


class StartedAnew(BaseHTTPRequestHandler):
    """What listens where the service did."""

    def do_GET(self) -> None:
        if self.path == "/broken-off":
            return
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"again")


def behind_a_proxy(environment: dict[str, str]) -> dict[str, str]:
    return environment | {
        "KB_BASE_URL": f"https://{HOST}",
        "KB_ALLOWED_HOSTS": f'["{HOST}", "127.0.0.1"]',
        "KB_TRUSTED_PROXIES": '["127.0.0.1"]',
        "KB_SIGNUP_RATE_LIMIT": "2",
    }


def test_nginx_keeps_what_it_may_and_asks_again(
    environment: dict[str, str], seeded_url: str, tmp_path: Path, authority: trustme.CA
) -> None:
    with (
        served(behind_a_proxy(environment), seeded_url, tmp_path) as (_, upstream),
        nginx(tmp_path, upstream, authority) as client,
    ):
        first = get(client, "/v1/publications?per_page=1")
        assert first.status_code == 200
        assert first.headers["X-Cache"] == "MISS"
        assert first.json()["links"]["self"].startswith(f"https://{HOST}/v1/")
        assert "max-age" in first.headers["Strict-Transport-Security"]
        assert get(client, "/v1/publications?per_page=1").headers["X-Cache"] == "HIT"
        wait_until(lambda: get(client, "/v1/publications?per_page=1").headers["X-Cache"] in ("REVALIDATED", "STALE"))
        etag = first.headers["ETag"]
        assert get(client, "/v1/publications?per_page=1", **{"If-None-Match": etag}).status_code == 304
        bibtex = get(client, "/v1/publications?per_page=1", Accept="application/x-bibtex")
        assert bibtex.headers["X-Cache"] == "MISS"
        assert bibtex.text.startswith("@")
        for _ in range(2):
            assert get(client, "/subscribe").headers.get("X-Cache") != "HIT"
            assert get(client, "/v1/staff/keys").status_code == 401
        assert get(client, "/v1/staff/keys").headers.get("X-Cache") != "HIT"


def test_nginx_does_as_responses_say_of_shared_caches(
    environment: dict[str, str], seeded_url: str, tmp_path: Path, authority: trustme.CA
) -> None:
    settings = behind_a_proxy(environment) | {"KB_SHARED_CACHE_SECONDS": "1"}
    with (
        served(settings, seeded_url, tmp_path) as (process, upstream),
        nginx(tmp_path, upstream, authority, is_shared=True) as client,
    ):
        path = "/v1/publications?per_page=1"
        first = get(client, path)
        assert first.headers["Cache-Control"] == (
            "public, max-age=0, s-maxage=1, stale-while-revalidate=1, stale-if-error=60"
        )
        assert (first.headers["X-Cache"], get(client, path).headers["X-Cache"]) == ("MISS", "HIT")
        wait_until(lambda: get(client, path).headers["X-Cache"] in ("REVALIDATED", "STALE", "EXPIRED", "UPDATING"))
        assert get(client, "/v1/staff/keys").headers.get("X-Cache") != "HIT"
        assert get(client, "/subscribe").headers["Cache-Control"] == "no-store"
        process.kill()
        process.wait(10)
        wait_until(lambda: get(client, path).headers.get("X-Cache") == "STALE")
        assert get(client, path).json() == first.json()


def test_caddy_hands_on_the_address_of_the_client_and_waits_for_a_service_that_starts_anew(
    environment: dict[str, str], seeded_url: str, tmp_path: Path, authority: trustme.CA
) -> None:
    port, certificate = free_port(), authority.issue_cert(HOST)
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "cert.key")
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    site = f"{HOST} {{"
    assert site in text
    own = f"https://{HOST}:{port} {{\n\tbind 127.0.0.1\n\ttls {tmp_path}/cert.pem {tmp_path}/cert.key"
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
    (tmp_path / "Caddyfile").write_text(options + text.replace(site, own), encoding="utf-8")
    command = ["caddy", "run", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile"]
    with (
        served(behind_a_proxy(environment), seeded_url, tmp_path) as (process, upstream),
        proxied(
            command,
            port,
            authority,
            KB_UPSTREAM=f"127.0.0.1:{upstream}",
            XDG_DATA_HOME=str(tmp_path),
            HOME=str(tmp_path),
        ) as client,
    ):
        listed = get(client, "/v1/publications?per_page=1")
        assert listed.json()["links"]["self"].startswith(f"https://{HOST}/v1/")
        assert "max-age" in listed.headers["Strict-Transport-Security"]
        forged = [get(client, "/v1/staff/keys", **{"X-Forwarded-For": f"203.0.113.{n}"}).status_code for n in range(3)]
        assert forged == [401] * 3
        process.kill()
        process.wait(10)
        with ThreadPoolExecutor(1) as asking:
            waiting = asking.submit(get, client, "/v1/publications")
            with pytest.raises(TimeoutError):
                waiting.result(1)
            with HTTPServer(("127.0.0.1", upstream), StartedAnew) as service:
                service.handle_request()
                assert (waiting.result(10).status_code, waiting.result().text) == (200, "again")
                broken_off = asking.submit(get, client, "/broken-off")
                service.handle_request()
                assert broken_off.result(10).status_code == 502


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_finds_the_units_closed(unit: Path) -> None:
    result = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)], capture_output=True, text=True
    )
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", result.stdout)
    assert exposure is not None, result.stderr
    assert float(exposure[1]) <= MOST_EXPOSED


def test_compose_keeps_to_the_specification() -> None:
    """Its schema is that of compose-spec (Apache-2.0), commit 170098ba07d9."""
    composed = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text(encoding="utf-8"))
    assert not [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(composed)]
    assert {"api", "worker", "database", "proxy", "migration"} <= composed["services"].keys()
    for name in ("api", "worker", "migration"):
        kept = composed["services"][name]["volumes"]
        assert "signing-keys:/srv/knowledge-base/secrets" in kept, name
        (secret,) = composed["services"][name]["secrets"]
        assert secret["target"].removeprefix("kb_") in Settings.model_fields, "it is a setting that is a file"


def test_prometheus_accepts_the_rules() -> None:
    rules = str(DEPLOY / "prometheus" / "alerts.yaml")
    result = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_program_is_there() -> None:
    """Nothing above is left out for want of one."""
    assert all(shutil.which(name) for name in ("nginx", "caddy", "systemd-analyze", "promtool"))
