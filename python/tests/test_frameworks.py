"""A guard for one route, in Debian's Flask, FastAPI and Django."""

import asyncio
import json
import os
import sys

import pytest
from peer import CREDENTIAL, RAW_KEY, denied, response

LIMIT = '"burst";r=50;t=30'
KEY = {"X-API-Key": RAW_KEY}


def answers(guarded, peer, reached):
    """The same in each framework. `guarded(path, headers)` gives status, headers and body of one request."""
    status, headers, body = guarded("/tenants/acme/orders", KEY)
    assert (status, json.loads(body)) == (200, {"orders_of": "acme"})
    assert headers["ratelimit"] == LIMIT and headers["cache-control"] == "no-store"
    asked = peer.asked[-1][2]
    assert (asked["tenant_id"], asked["permissions"], asked["request"]["path"]) == ("acme", ["orders:read"], "/tenants/acme/orders")
    assert reached == ["acme"]

    status, headers, body = guarded("/tenants/acme/orders", {})
    assert (status, json.loads(body)["code"]) == (401, "key_missing")
    assert headers["content-type"] == "application/problem+json" and headers["www-authenticate"].startswith("ApiKey ")
    peer.play = lambda connection, _body: connection.sendall(response(denied(403, "permission_missing")))
    status, headers, body = guarded("/tenants/acme/orders", KEY)
    assert (status, json.loads(body)["code"], headers["cache-control"]) == (403, "permission_missing", "no-store")
    status, _headers, body = guarded("/tenants/acme%5Cvictim/orders", KEY)
    assert (status, json.loads(body)["code"]) == (400, "ambiguous_path")
    status, _headers, body = guarded("/spanning/acme/victim", KEY)
    assert (status, json.loads(body)["code"]) == (400, "ambiguous_path")
    assert reached == ["acme"]
    status, headers, body = guarded("/free", {})
    assert status == 200 and "ratelimit" not in headers


def test_a_flask_view_is_guarded_by_its_decorator(peer_that):
    import flask

    from keywright.flask import Guard

    peer, reached, app = peer_that(), [], flask.Flask("orders")
    guard = Guard(url=peer.url, credential=CREDENTIAL, on_error=lambda _error: None)

    @app.get("/tenants/<tenant_id>/orders")
    @guard(tenant=lambda r: r.param("tenant_id"), permission="orders:read")
    def orders(tenant_id):
        reached.append(tenant_id)
        return {"orders_of": flask.g.keywright.tenant.id}

    @app.get("/spanning/<path:tenant_id>")
    @guard(tenant=lambda r: r.param("tenant_id"))
    def spanning(tenant_id):
        reached.append(tenant_id)
        return {}

    @app.get("/free")
    def free():
        return {}

    client = app.test_client()

    def guarded(path, headers):
        got = client.get(path, headers=headers)
        return got.status_code, {name.lower(): value for name, value in got.headers.items()}, got.data

    answers(guarded, peer, reached)
    for wrong in ({"permission": "orders"}, {"tennant": "acme"}):
        with pytest.raises(TypeError):
            guard(**wrong)
    with pytest.raises(TypeError):
        guard(orders)
    with pytest.raises(TypeError):
        guard()(None)


def over_asgi(app, path, headers):
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    decoded = path.replace("%5C", "\\")
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": decoded, "raw_path": path.encode()}
    asyncio.run(app({**scope, "query_string": b"", "headers": lines, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "root_path": ""}, receive, send))
    headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


def test_a_fastapi_route_is_guarded_by_its_dependency(peer_that):
    import fastapi

    from keywright import Admission
    from keywright.fastapi import Guard

    peer, reached, app = peer_that(), [], fastapi.FastAPI()
    guard = Guard(url=peer.url, credential=CREDENTIAL, on_error=lambda _error: None)
    guard.install(app)
    may_read = guard(tenant=lambda r: r.param("tenant_id"), permission="orders:read")

    @app.get("/tenants/{tenant_id}/orders")
    async def orders(tenant_id: str, keywright: Admission = fastapi.Depends(may_read)):
        reached.append(tenant_id)
        # A response of the route's own has the headers too.
        return fastapi.Response(json.dumps({"orders_of": keywright.tenant.id}))

    @app.get("/spanning/{tenant_id:path}", dependencies=[fastapi.Depends(guard(tenant=lambda r: r.param("tenant_id")))])
    def spanning(tenant_id: str):
        reached.append(tenant_id)

    @app.get("/free")
    def free():
        return {}

    answers(lambda path, headers: over_asgi(app, path, headers), peer, reached)
    with pytest.raises(TypeError):
        guard(permission="orders")

    forgotten = fastapi.FastAPI()
    forgotten.add_api_route("/tenants/{tenant_id}/orders", orders)
    with pytest.raises(RuntimeError):
        over_asgi(forgotten, "/tenants/acme/orders", KEY)
    assert reached == ["acme"]


@pytest.fixture(scope="module")
def django_project():
    import django
    from django.conf import settings

    settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF="django_urls", MIDDLEWARE=[], KEYWRIGHT={}, SECRET_KEY="x", USE_TZ=True)
    django.setup()
    return settings


@pytest.mark.parametrize("middleware", [True, False])
@pytest.mark.parametrize("server", ["wsgi", "asgi"])
def test_a_django_view_is_guarded_by_its_decorator_or_the_middleware(peer_that, django_project, middleware, server):
    from django.test import Client, override_settings

    import django_urls

    peer = peer_that()
    django_urls.REACHED.clear()
    options = {"url": peer.url, "credential": CREDENTIAL, "on_error": lambda _error: None}
    if middleware:
        options["rules"] = {"tenant": lambda r: r.param("tenant_id"), "permission": "orders:read"}
    stack = ["keywright.django.Middleware"] if middleware else []
    with override_settings(MIDDLEWARE=stack, KEYWRIGHT=options):
        if server == "asgi":
            from django.core.asgi import get_asgi_application

            app = get_asgi_application()
            get = lambda path, headers: over_asgi(app, path, headers)  # noqa: E731
        else:

            def get(path, headers):
                sent = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
                got = Client().get(path, **sent)
                return got.status_code, {name.lower(): value for name, value in got.items()}, got.content

        prefix = "/by-middleware" if middleware else ""
        answers(lambda path, headers: get(path if path == "/free" else prefix + path, headers), _Below(peer, prefix), django_urls.REACHED)
        if middleware:
            assert get("/tenants/acme/orders", {})[0] == get("/forgotten", {})[0] == 401


class _Below:
    """A peer that was asked about paths below a prefix."""

    def __init__(self, peer, prefix):
        self._peer, self._prefix = peer, prefix

    @property
    def asked(self):
        path, headers, question = self._peer.asked[-1]
        stripped = {**question["request"], "path": question["request"]["path"][len(self._prefix) :]}
        return [(path, headers, {**question, "request": stripped})]

    def __setattr__(self, name, value):
        setattr(self._peer, name, value) if name == "play" else object.__setattr__(self, name, value)


def test_django_refuses_invalid_settings_at_start(django_project):
    from django.test import override_settings

    from keywright.django import Middleware, guarded

    for wrong in ({"permission": "orders"}, {"tennant": "acme"}):
        with pytest.raises(TypeError):
            guarded(**wrong)
        with override_settings(KEYWRIGHT={"url": "http://127.0.0.1:1", "credential": CREDENTIAL, "rules": wrong}), pytest.raises(TypeError):
            Middleware(lambda _request: None)
    with override_settings(KEYWRIGHT=None), pytest.raises(TypeError):
        Middleware(lambda _request: None)
    with pytest.raises(TypeError):
        guarded()(None)


def test_the_frameworks_are_debians():
    import django
    import fastapi
    import flask

    assert all(os.path.dirname(module.__file__).startswith("/usr/lib/python3") for module in (django, fastapi, flask)), sys.path
