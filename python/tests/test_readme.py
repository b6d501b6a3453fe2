"""The programs of the README run as they stand, but for the address of Keywright; and the types are those that a checker sees."""

import asyncio
import os
import re
import subprocess
import sys

import pytest
from peer import CREDENTIAL, RAW_KEY
from test_frameworks import over_asgi

PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

with open(os.path.join(PACKAGE, "README.md"), encoding="utf-8") as file:
    README = file.read()
SNIPPETS = dict(re.findall(r"^<!-- run: (\w+) -->\n\n?```python\n(.*?)^```$", README, re.M | re.S))


def app_of(name, url, monkeypatch):
    monkeypatch.setenv("KEYWRIGHT_SERVICE_CREDENTIAL", CREDENTIAL)
    names = {"__name__": "program"}
    exec(SNIPPETS[name].replace("http://127.0.0.1:8787", url), names)
    return names["app"]


def test_every_program_is_run_here():
    assert sorted(SNIPPETS) == ["asgi", "fastapi", "flask", "wsgi"]
    # Django's stands in two files: `test_frameworks.py` has such a project. The shell's lines are in `test_install.py`.
    assert len(re.findall(r"^```[a-z]+$", README, re.M)) == len(SNIPPETS) + 2


@pytest.mark.parametrize("method, permission", [("GET", "orders:read"), ("DELETE", "orders:write")])
def test_wsgi(peer_that, monkeypatch, method, permission):
    peer = peer_that()
    app = app_of("wsgi", peer.url, monkeypatch)
    statuses = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": "/tenants/acme/orders", "HTTP_X_API_KEY": RAW_KEY}
    body = b"".join(app(environ, lambda status, _headers: statuses.append(status)))
    assert (statuses, body) == (["200 OK"], b"orders of Acme")
    asked = peer.asked[0][2]
    assert (asked["tenant_id"], asked["permissions"]) == ("acme", [permission])


def test_asgi(peer_that, monkeypatch):
    app = app_of("asgi", peer_that().url, monkeypatch)
    sent = []

    async def send(message):
        sent.append(message)

    for headers in ([], [(b"x-api-key", RAW_KEY.encode())]):
        scope = {"type": "http", "method": "GET", "path": "/tenants/acme/orders", "headers": headers}
        asyncio.run(app(scope, None, send))
    assert [sent[0]["status"], sent[2]["status"], sent[3]["body"]] == [401, 200, b"orders of Acme"]


def test_flask(peer_that, monkeypatch):
    client = app_of("flask", peer_that().url, monkeypatch).test_client()
    assert client.get("/tenants/acme/orders").status_code == 401
    assert client.get("/tenants/acme/orders", headers={"X-API-Key": RAW_KEY}).data == b"orders of Acme"


def test_fastapi(peer_that, monkeypatch):
    app = app_of("fastapi", peer_that().url, monkeypatch)
    assert over_asgi(app, "/tenants/acme/orders", {})[0] == 401
    assert over_asgi(app, "/tenants/acme/orders", {"X-API-Key": RAW_KEY})[2] == b'"orders of Acme"'


TYPED = """
from typing import Any, Iterable
from keywright import Admission, Denial, Verifier
from keywright.wsgi import Guard

guard = Guard("http://127.0.0.1:1", "kws_x")
decision = Verifier("http://127.0.0.1:1", "kws_x").verify({"raw_key": "x", "cost": 1})
if isinstance(decision, Admission):
    tenant_id: str = decision.tenant.id
if decision.allowed:
    key_id: str = decision.key.id

def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return []

guard(app, tenant=lambda r: r.segment(1), cost=5, limits={"exports": 5}, budgets=lambda r: {"credits": 25})

from keywright.django import guarded
from keywright.fastapi import Guard as FastapiGuard
from keywright.flask import Guard as FlaskGuard

guarded(tenant=lambda r: r.param("tenant_id"), permission=["orders:read"])
FastapiGuard("http://127.0.0.1:1", "kws_x")(tenant=lambda r: r.param("tenant_id"))
FlaskGuard("http://127.0.0.1:1", "kws_x")(tenant=lambda r: r.param("tenant_id"))
"""
MISTAKES = [
    "guard(None)",
    "guard(app, None)",
    "guard(app, tenant=None)",
    "guard(app, limits=[('exports', 5)])",
    "guard(app, budgets={'credits': '5'})",
    "guarded(tennant='acme')",
    "FlaskGuard('http://127.0.0.1:1', 'kws_x')(cost='5')",
    "FastapiGuard('http://127.0.0.1:1', 'kws_x')(cost='5')",
    'guard(app, tennant="acme")',
    "guard(app, cost='5')",
    "guard(app, tenant=lambda r: 5)",
    'Verifier("http://127.0.0.1:1", "kws_x").verify({"raw_key": "x", "costs": 1})',
]


def check_types(tmp_path, text):
    program = tmp_path / "program.py"
    program.write_text(text)
    command = ["/usr/bin/mypy", "--strict", "--python-version", "3.9", "--cache-dir", str(tmp_path / "cache"), str(program)]
    run = subprocess.run(command, cwd=PACKAGE, env={**os.environ, "MYPYPATH": PACKAGE}, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr


def test_the_types_are_strict_and_catch_mistakes(tmp_path):
    assert os.path.exists(os.path.join(PACKAGE, "keywright/py.typed"))
    assert check_types(tmp_path, TYPED).startswith("Success")
    output = check_types(tmp_path, TYPED + "\n".join(MISTAKES) + "\n")
    lines = {int(number) for number in re.findall(r"program\.py:(\d+): error", output)}
    first = TYPED.count("\n") + 1
    assert lines == set(range(first, first + len(MISTAKES))), output


def test_it_runs_without_anything_installed():
    probe = "import sys, keywright.wsgi, keywright.asgi; print([n for n in sys.modules if 'packages' in str(getattr(sys.modules[n], '__file__', ''))])"
    run = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.insert(0, {PACKAGE!r}); {probe}"], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
