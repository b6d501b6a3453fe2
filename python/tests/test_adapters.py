"""What the behaviour table of the tests from outside does not reach."""

import asyncio
import json

import pytest
from peer import CREDENTIAL, RAW_KEY, denied, response

from keywright import Admission, Problem, Verifier, asgi, wsgi
from keywright.guard import Rules
from keywright.protect import Admitted


def call_wsgi(app, **environ):
    started = {}

    def start_response(status, headers, _exc_info=None):
        started.update(status=status, headers=headers)

    given = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/tenants/acme/orders", "QUERY_STRING": "", **environ}
    body = b"".join(app(given, start_response))
    return started["status"], dict(started["headers"]), body, given


def plain(environ, start_response):
    start_response("200 OK", [("cache-control", "private"), ("X-Own", "1")])
    return [environ["keywright"].tenant.id.encode()]


@pytest.fixture
def wsgi_guard(peer_that):
    peer = peer_that()
    guard = wsgi.Guard(peer.url, CREDENTIAL, timeout_ms=500, on_error=lambda _error: None)
    guard.peer = peer
    yield guard
    guard.close()


def test_a_handlers_own_headers_stay(wsgi_guard):
    status, headers, body, environ = call_wsgi(wsgi_guard(plain), HTTP_X_API_KEY=RAW_KEY)
    assert (status, body) == ("200 OK", b"acme")
    assert headers == {"cache-control": "private", "X-Own": "1", "RateLimit": '"burst";r=50;t=30', "RateLimit-Policy": '"burst";q=100;w=60'}
    assert isinstance(environ["keywright"], Admission)


def test_only_the_guard_sets_the_admission(wsgi_guard):
    wsgi_guard.peer.play = lambda connection, _body: connection.sendall(response(denied(401, "key_invalid")))
    status, _headers, body, environ = call_wsgi(wsgi_guard(plain), HTTP_X_API_KEY=RAW_KEY, HTTP_KEYWRIGHT="x", keywright="forged")
    assert status == "401 Unauthorized" and "keywright" not in environ
    assert json.loads(body)["code"] == "key_invalid"


def test_two_keys_joined_by_the_server_are_refused(wsgi_guard):
    for joined in (f"{RAW_KEY},{RAW_KEY}", f"{RAW_KEY}, x", f"x,,{RAW_KEY}"):
        assert call_wsgi(wsgi_guard(plain), HTTP_X_API_KEY=joined)[0] == "400 Bad Request"
    assert call_wsgi(wsgi_guard(plain), HTTP_X_API_KEY=RAW_KEY, HTTP_AUTHORIZATION="")[0] == "400 Bad Request"
    flood = {f"HTTP_X_{index}": "1" for index in range(100)}
    assert call_wsgi(wsgi_guard(plain), HTTP_X_API_KEY=RAW_KEY, **flood)[0] == "431 Request Header Fields Too Large"
    assert wsgi_guard.peer.asked == []


def test_the_path_is_sent_as_received(wsgi_guard):
    paths = [
        ({"PATH_INFO": "/caf\u00c3\u00a9", "RAW_URI": "/caf%c3%a9?secret=1"}, "/caf%c3%a9"),
        ({"PATH_INFO": "/caf\u00c3\u00a9"}, "/caf%C3%A9"),
        ({"SCRIPT_NAME": "/api", "PATH_INFO": "/a b", "REQUEST_URI": "/api/a%20b"}, "/api/a%20b"),
        ({"PATH_INFO": "/rewritten", "REQUEST_URI": "/before"}, "/rewritten"),
    ]
    for environ, sent in paths:
        assert call_wsgi(wsgi_guard(plain), HTTP_X_API_KEY=RAW_KEY, **environ)[0] == "200 OK"
        assert wsgi_guard.peer.asked[-1][2]["request"]["path"] == sent


def test_one_request_can_be_checked_inside_a_handler(wsgi_guard):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/x", "HTTP_X_API_KEY": RAW_KEY}
    outcome = wsgi_guard.check(environ, Rules(tenant="acme"))
    assert isinstance(outcome, Admitted) and environ["keywright"] is outcome.admission
    assert isinstance(wsgi_guard.check({"REQUEST_METHOD": "GET"}, Rules()), Problem)


def test_a_verifier_that_was_passed_in_stays_open(peer_that):
    verifier = Verifier(peer_that().url, CREDENTIAL)
    wsgi.Guard(verifier=verifier).close()
    assert verifier.verify({"raw_key": RAW_KEY}).allowed
    verifier.close()
    for options in ({}, {"url": "http://127.0.0.1:1"}, {"verifier": verifier, "url": "http://127.0.0.1:1", "credential": CREDENTIAL}):
        with pytest.raises(ValueError):
            wsgi.Guard(**options)


def call_asgi(app, **scope):
    sent = []
    given = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/tenants/acme/orders",
        "query_string": b"",
        "headers": [(b"x-api-key", RAW_KEY.encode())],
        **scope,
    }

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    asyncio.run(app(given, receive, send))
    return sent, given


@pytest.fixture
def asgi_guard(peer_that):
    peer = peer_that()
    guard = asgi.Guard(peer.url, CREDENTIAL, timeout_ms=500, on_error=lambda _error: None)
    guard.peer = peer
    yield guard
    guard.close()


def test_the_decision_is_in_the_scope_of_this_request_alone(asgi_guard):
    seen = []

    async def app(scope, _receive, _send):
        seen.append(scope)

    shared = {"pool": 1}
    _sent, given = call_asgi(asgi_guard(app), state=shared)
    assert seen[0]["keywright"].tenant.id == "acme"
    assert seen[0]["state"] == {"pool": 1, "keywright": seen[0]["keywright"]}
    assert shared == {"pool": 1} and "keywright" not in given


def test_a_websocket_is_refused_before_it_is_accepted(asgi_guard):
    reached = []

    async def app(_scope, receive, send):
        reached.append(await receive())
        await send({"type": "websocket.accept"})

    websocket = {"type": "websocket", "method": None}
    sent, _given = call_asgi(asgi_guard(app), **websocket)
    assert len(reached) == 1 and (b"ratelimit", b'"burst";r=50;t=30') in sent[0]["headers"]
    assert asgi_guard.peer.asked[-1][2]["request"]["method"] == "GET"
    sent, _given = call_asgi(asgi_guard(app), **websocket, headers=[])
    assert [message["type"] for message in sent] == ["websocket.close"]
    sent, _given = call_asgi(asgi_guard(app), **websocket, headers=[], extensions={"websocket.http.response": {}})
    assert [message["type"] for message in sent] == ["websocket.http.response.start", "websocket.http.response.body"]
    assert sent[0]["status"] == 401 and json.loads(sent[1]["body"])["code"] == "key_missing"
    assert len(reached) == 1


def test_the_scope_of_a_websocket_of_uvicorn_is_read(asgi_guard):
    """Its 0.17 has the `raw_path` of a WebSocket as a text."""

    async def app(_scope, _receive, send):
        await send({"type": "websocket.accept"})

    sent, _given = call_asgi(asgi_guard(app), type="websocket", raw_path="/tenants/acme/orders", query_string="a=1")
    assert sent[0]["type"] == "websocket.accept"


def test_a_long_method_is_truncated_and_sent(wsgi_guard, asgi_guard):
    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    assert call_wsgi(wsgi_guard(plain), HTTP_X_API_KEY=RAW_KEY, REQUEST_METHOD="X" * 99)[0] == "200 OK"
    assert call_asgi(asgi_guard(app), method="X" * 99)[0][0]["status"] == 200
    for guard in (wsgi_guard, asgi_guard):
        assert guard.peer.asked[-1][2]["request"]["method"] == "X" * 32


def test_a_blank_key_and_a_real_key_count_as_two(wsgi_guard, asgi_guard):
    for joined in (f",{RAW_KEY}", f"{RAW_KEY},", f"{RAW_KEY}, "):
        assert call_wsgi(wsgi_guard(plain), HTTP_X_API_KEY=joined)[0] == "400 Bad Request"
    lines = [(b"x-api-key", b""), (b"x-api-key", RAW_KEY.encode())]
    assert call_asgi(asgi_guard(plain), headers=lines)[0][0]["status"] == 400
    assert wsgi_guard.peer.asked == asgi_guard.peer.asked == []


def test_lifespan_is_forwarded_to_the_app_and_unknown_scopes_are_not(asgi_guard):
    reached = []

    async def app(scope, _receive, _send):
        reached.append(scope["type"])

    call_asgi(asgi_guard(app), type="lifespan")
    with pytest.raises(ValueError):
        call_asgi(asgi_guard(app), type="webtransport")
    assert reached == ["lifespan"] and asgi_guard.peer.asked == []


def test_only_an_unread_body_of_http_1_closes_the_connection(asgi_guard):
    async def app(_scope, _receive, _send):
        raise AssertionError("reached")

    def closes(version, *headers):
        sent, _given = call_asgi(asgi_guard(app), http_version=version, headers=list(headers))
        return (b"connection", b"close") in sent[0]["headers"]

    assert closes("1.1", (b"content-length", b"5")) and closes("1.1", (b"transfer-encoding", b"chunked"))
    assert not closes("1.1") and not closes("1.1", (b"content-length", b"0")) and not closes("2", (b"content-length", b"5"))
