"""Each kind of value that Python has, and one request over each adapter, for the tests of rules and options."""

import asyncio
import collections
import datetime
import decimal
import enum
import json
import re
import types

from peer import RAW_KEY, admitted

from keywright import asgi, wsgi
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
