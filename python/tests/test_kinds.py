"""Each option and rule of each adapter with each kind of value that Python has: right, refused at start, or closed; never open."""

import asyncio
import collections
import datetime
import decimal
import enum
import json
import re
import types

import pytest
from peer import CREDENTIAL, RAW_KEY, Peer, admitted

from keywright import Admission, Denial, Verifier, asgi, wsgi
from keywright.decision import parse_decision
from keywright.guard import Rules


class Plain:
    pass


class Lazy:
    """Has what is asked for, whatever it is."""

    def __getattr__(self, name):
        return self


class Permission(str, enum.Enum):
    READ = "orders:read"


async def coroutine_function(_request=None):
    return "orders:read"


def raising(*_args):
    raise RuntimeError("of a value")


KINDS = {
    "None": lambda: None,
    "True": lambda: True,
    "False": lambda: False,
    "NaN": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "zero": lambda: 0,
    "a number": lambda: 7,
    "a negative number": lambda: -1,
    "a great number": lambda: 10**30,
    "a fraction": lambda: 1.5,
    "a decimal": lambda: decimal.Decimal(5),
    "a complex number": lambda: 1j,
    "an empty text": lambda: "",
    "a text": lambda: "orders",
    "a permission": lambda: "orders:read",
    "a text with a line break": lambda: "orders:read\n",
    "a long text": lambda: "x" * 100_000,
    "a lone surrogate": lambda: "\ud800",
    "an enum": lambda: Permission.READ,
    "bytes": lambda: b"orders:read",
    "a bytearray": lambda: bytearray(b"orders:read"),
    "an empty list": lambda: [],
    "a list": lambda: ["orders:read", "orders:write"],
    "a list of lists": lambda: [["orders:read"]],
    "a long list": lambda: [f"orders:read{index}" for index in range(40)],
    "a tuple": lambda: ("orders:read",),
    "a set": lambda: {"orders:read"},
    "a frozenset": lambda: frozenset({"orders:read"}),
    "a map": lambda: {"exports": 5},
    "a map of texts": lambda: {"exports": "5"},
    "a map of numbers": lambda: {5: 5},
    "an ordered map": lambda: collections.OrderedDict(exports=5),
    "a counter": lambda: collections.Counter(exports=5),
    "a read-only map": lambda: types.MappingProxyType({"exports": 5}),
    "a date": lambda: datetime.datetime(2026, 1, 1),
    "a pattern": lambda: re.compile("orders"),
    "an exception": lambda: ValueError("orders"),
    "an iterator": lambda: iter(["orders:read"]),
    "an object": object,
    "an instance": Plain,
    "an instance that has everything": Lazy,
    "a class": lambda: Plain,
    "str": lambda: str,
    "a function that gives None": lambda: lambda *_args: None,
    "a function without arguments": lambda: lambda: "orders:read",
    "a function that raises": lambda: raising,
    "a coroutine function": lambda: coroutine_function,
    "a module": lambda: json,
    "rules": Rules,
}
RIGHT = {
    "tenant": lambda asked: isinstance(asked["tenant_id"], str) and 0 < len(asked["tenant_id"]) <= 128,
    "site": lambda asked: isinstance(asked["site_id"], str) and 0 < len(asked["site_id"]) <= 128,
    "permission": lambda asked: 0 < len(asked["permissions"]) <= 32 and all(re.fullmatch("[a-z]+:[a-z0-9]+", one) for one in asked["permissions"]),
    "capability": lambda asked: re.fullmatch("[a-z][a-z0-9_]{0,63}", asked["capability"]) is not None,
    "cost": lambda asked: isinstance(asked["cost"], int) and asked["cost"] > 0,
    "limits": lambda asked: all(entry["cost"] > 0 for entry in asked["limits"]),
    "budgets": lambda asked: all(isinstance(cost, int) and cost >= 0 for cost in asked["budgets"].values()),
}
REFUSED = "refused at start"


class AdmitsAll:
    def __init__(self, answer=lambda: parse_decision(json.dumps(admitted()))):
        self.asked = []
        self._answer = answer

    def verify(self, question):
        self.asked.append(json.loads(json.dumps(question)))
        return self._answer()

    async def verify_async(self, question):
        return self.verify(question)

    def close(self):
        pass


def over_wsgi(options, rules):
    """The status of one request, and whether the app ran; or that it was refused at start."""
    ran, statuses = [], []

    def app(_environ, start_response):
        ran.append(True)
        start_response("200 OK", [])
        return []

    try:
        guard = wsgi.Guard(**options)
        guarded = guard(app, **rules)
    except (TypeError, ValueError):
        return REFUSED
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/tenants/acme/orders", "HTTP_X_API_KEY": RAW_KEY}
    list(guarded(environ, lambda status, _headers: statuses.append(int(status[:3]))))
    guard.close()
    return statuses[0], bool(ran)


def over_asgi(options, rules):
    ran, statuses = [], []

    async def app(_scope, _receive, send):
        ran.append(True)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    try:
        guard = asgi.Guard(**options)
        guarded = guard(app, **rules)
    except (TypeError, ValueError):
        return REFUSED
    headers = [(b"x-api-key", RAW_KEY.encode())]
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/tenants/acme/orders", "headers": headers}
    asyncio.run(guarded(scope, None, send))
    guard.close()
    return statuses[0], bool(ran)


ADAPTERS = {"wsgi": over_wsgi, "asgi": over_asgi}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("rule", RIGHT)
def test_a_rule_of_any_type_is_valid_or_refused_at_start_or_closes_its_route(adapter, rule):
    for kind, make in KINDS.items():
        for value in (make(), lambda _request: make(), coroutine_function):
            verifier = AdmitsAll()
            met = ADAPTERS[adapter]({"verifier": verifier, "on_error": lambda _error: None}, {rule: value})
            if met == REFUSED:
                continue
            if met[1]:
                assert len(verifier.asked) == 1 and RIGHT[rule](verifier.asked[0]), f"{rule}: {kind} opened the route"
            else:
                assert met[0] in (400, 500, 503), f"{rule}: {kind}: {met}"


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_only_an_admission_opens_the_route(adapter):
    whole = parse_decision(json.dumps(admitted()))
    halves = [
        Admission(None, whole.tenant, "allowed", "", "req_1"),
        Admission(whole.key, "acme", "allowed", "", "req_1"),
        Admission(whole.key, whole.tenant, "allowed", "", "req_1", status=403),
        Admission(whole.key, whole.tenant, "allowed", "", "req_1", allowed=1),
        Denial(200, "allowed", "", "req_1"),
        Denial(True, "allowed", "", "req_1"),
        Denial(403, "key_paused", "", "req_1", allowed=True),
        types.SimpleNamespace(allowed=True, key=whole.key, tenant=whole.tenant, rate_limits=(), headers={}, status=200),
        admitted(),
    ]
    for answer in [*KINDS.values(), *(lambda half=half: half for half in halves), raising]:
        reasons = []
        options = {"verifier": AdmitsAll(answer), "on_error": lambda error: reasons.append(error.reason)}
        assert ADAPTERS[adapter](options, {}) == (503, False), answer
        assert reasons == ["answer_malformed"]


OPTIONS = ("verifier", "url", "credential", "timeout_ms", "max_concurrent", "on_error", "realm", "type_base", "ssl_context", "unknown")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_of_any_type_is_valid_or_refused_at_start_or_closes_the_route(adapter, option):
    peer = Peer()
    for kind, make in KINDS.items():
        peer.asked.clear()
        given = {"url": peer.url, "credential": CREDENTIAL, "on_error": lambda _error: None, option: make()}
        met = ADAPTERS[adapter](given, {"permission": "orders:read"})
        if met == REFUSED:
            continue
        if met[1]:
            assert peer.asked and peer.asked[-1][2]["permissions"] == ["orders:read"], f"{option}: {kind} opened the route"
        else:
            assert met[0] in (500, 503), f"{option}: {kind}: {met}"
    peer.close()


def test_a_guard_wraps_an_app_and_accepts_only_rules():
    guards = [wsgi.Guard(verifier=AdmitsAll()), asgi.Guard(verifier=AdmitsAll())]
    for make in KINDS.values():
        value = make()
        for guard in guards:
            with pytest.raises(TypeError):
                guard(lambda *_args: [], value)
            if not callable(value):
                with pytest.raises(TypeError):
                    guard(value)
        if not isinstance(value, Rules):
            with pytest.raises(TypeError):
                guards[0].check({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_X_API_KEY": RAW_KEY}, value)
            with pytest.raises(TypeError):
                asyncio.run(guards[1].check({"type": "http", "method": "GET", "path": "/", "headers": []}, value))


def test_a_verifier_refuses_options_of_a_wrong_type_and_allows_nothing_by_itself():
    peer = Peer(lambda connection, _body: connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}"))
    for kind, make in KINDS.items():
        for option in ("url", "credential", "timeout_ms", "max_concurrent", "on_error", "ssl_context"):
            try:
                Verifier(**{"url": peer.url, "credential": CREDENTIAL, option: make()}).close()
            except (TypeError, ValueError):
                continue
            right = make() is None or (option == "on_error" and callable(make())) or (kind == "a number" and option in ("timeout_ms", "max_concurrent"))
            assert right, f"{option}: {kind}"
    verifier = Verifier(peer.url, CREDENTIAL, on_error=lambda _error: None)
    assert [verifier.verify(make()).allowed for make in KINDS.values()] == [False] * len(KINDS)
    verifier.close()
    peer.close()


CAN_NEVER_HOLD = [
    {"permission": "orders"},
    {"permission": ["orders:read", "Orders:Write"]},
    {"permission": [f"orders:p{index}" for index in range(40)]},
    {"capability": "Foo Bar"},
    {"tenant": "acme/orders"},
    {"site": "a" * 65},
    {"limits": {"Exports": 5}},
    {"budgets": {"Credits": 5}},
]


@pytest.mark.parametrize("rule", CAN_NEVER_HOLD)
def test_a_constant_that_can_never_be_valid_is_refused_at_start(rule):
    with pytest.raises(TypeError):
        Rules(**rule)
