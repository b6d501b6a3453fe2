"""Guards for ASGI apps: Starlette, FastAPI, Quart, Litestar, Django, or plain.

    guard = Guard(url="http://127.0.0.1:8787", credential=os.environ["KEYWRIGHT_SERVICE_CREDENTIAL"])
    app = guard(app, tenant=lambda r: r.segment(1), permission="orders:read")
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, MutableMapping
from typing import Any, Callable, Optional, Union
from urllib.parse import quote

from .guard import ABSENT, Absent, Budgets, Cost, Limits, Rules, Text, Texts
from .incoming import HeaderLines, Request, facts_of
from .problem import Problem
from .protect import Admitted, Arrived, Outcome, Protection

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SCOPE_KEY = "keywright"
_RESPONSES = ("http.response.start", "websocket.accept")
_REFUSED_SOCKET = 1008


class Guard(Protection):
    """One per app. Options as of `Protection`. Questions wait in at most `max_concurrent` threads, never in the event loop."""

    def __call__(
        self,
        app: App,
        *,
        tenant: Union[Text, Absent] = ABSENT,
        site: Union[Text, Absent] = ABSENT,
        permission: Union[Texts, Absent] = ABSENT,
        capability: Union[Text, Absent] = ABSENT,
        cost: Union[Cost, Absent] = ABSENT,
        limits: Union[Limits, Absent] = ABSENT,
        budgets: Union[Budgets, Absent] = ABSENT,
    ) -> App:
        """Wraps an app: calls it for admitted requests, with the typed `Admission` at `scope["keywright"]` and
        `scope["state"]["keywright"]` (Starlette's `request.state.keywright`). Rules as of `Rules`; their functions are called in the
        event loop and must not block. WebSockets are guarded too; `lifespan` goes to the app. Decides before the body is read."""
        if not callable(app):
            raise TypeError("guard: give the app that it stands before")
        asked = Rules(tenant=tenant, site=site, permission=permission, capability=capability, cost=cost, limits=limits, budgets=budgets)

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await app(scope, receive, send)
                return
            if scope["type"] not in ("http", "websocket"):
                raise ValueError(f"a guard knows no connections of type {scope['type']!r}")
            outcome = await self.decide_async(asked, arrived(scope))
            if isinstance(outcome, Problem):
                await answer(outcome, scope, receive, send)
                return
            await app(_admitted(scope, outcome), receive, adding_headers(outcome.headers, send))

        return guarded

    async def check(self, scope: Scope, rules: Rules) -> Outcome:
        """The same for one request, inside a handler: `Admitted`, whose headers must be set on the response, or the `Problem` to send."""
        return await self.decide_async(rules, arrived(scope))


async def answer(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Sends a problem as an ASGI response; closes a WebSocket before it is accepted if the server supports no response."""
    kind = "http.response"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await receive()
            await send({"type": "websocket.close", "code": _REFUSED_SOCKET, "reason": ""})
            return
        kind = "websocket.http.response"
    headers = {**problem.headers, "Content-Length": str(len(problem.body))}
    if _leaves_body(scope):
        headers["Connection"] = "close"
    encoded = [(name.lower().encode("ascii"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": f"{kind}.start", "status": problem.status, "headers": encoded})
    await send({"type": f"{kind}.body", "body": b"" if scope.get("method") == "HEAD" else problem.body})


def _admitted(scope: Scope, outcome: Admitted) -> Scope:
    """Copies the state, because a server may share it between requests."""
    return {**scope, SCOPE_KEY: outcome.admission, "state": {**(scope.get("state") or {}), SCOPE_KEY: outcome.admission}}


def adding_headers(headers: Mapping[str, str], send: Send) -> Send:
    """Adds the headers that a handler did not set; reads them when the response starts."""

    async def adding(message: Message) -> None:
        if message["type"] in _RESPONSES:
            given = list(message.get("headers") or [])
            named = {bytes(name).lower() for name, _value in given}
            lower = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
            message = {**message, "headers": given + [line for line in lower if line[0] not in named]}
        await send(message)

    return adding


def arrived(scope: Scope, params: Optional[Mapping[str, object]] = None) -> Arrived:
    """Converts a scope to a guard's request. `params`: the route's parameters; Starlette's are found in the scope."""
    lines: HeaderLines = [(bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in scope["headers"]]
    method = "GET" if scope["type"] == "websocket" else scope["method"]
    path = scope["path"]
    raw = scope.get("raw_path")
    sent = _text(raw).split("?", 1)[0] if raw else None
    raw_path = sent if sent is not None else quote(path.encode("utf-8", "surrogatepass"), safe="/:@!$&'()*+,;=-._~")
    client = scope.get("client")
    request = Request(method, path, _text(scope.get("query_string", b"")), lines, scope.get("path_params") if params is None else params, sent)
    return Arrived(request, lines, facts_of(method, raw_path, client[0] if client else None, lines))


def _text(value: Any) -> str:
    """Bytes by the specification; uvicorn 0.17 passes the `raw_path` of a WebSocket as a string."""
    return value if isinstance(value, str) else bytes(value).decode("latin-1")


def _leaves_body(scope: Scope) -> bool:
    """Whether unread body bytes may still arrive, so that the connection cannot be reused. Never on HTTP/2, where a stream can be reset."""
    if scope["type"] != "http" or not str(scope.get("http_version", "")).startswith("1"):
        return False
    headers = {bytes(name).lower(): bytes(value) for name, value in scope["headers"]}
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"
