"""Guards for the routes of a FastAPI or Starlette app, as dependencies; FastAPI itself comes with the app.

    guard = Guard(url="http://127.0.0.1:8787", credential=os.environ["KEYWRIGHT_SERVICE_CREDENTIAL"])
    guard.install(app)
    may_read = guard(tenant=lambda r: r.param("tenant_id"), permission="orders:read")

    @app.get("/tenants/{tenant_id}/orders")
    async def orders(keywright: Admission = Depends(may_read)): ...
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Callable, Union

from starlette.requests import HTTPConnection

from . import asgi
from .decision import Admission
from .guard import ABSENT, Absent, Budgets, Cost, Limits, Rules, Text, Texts
from .problem import Problem
from .protect import Protection

_HEADERS_KEY = "keywright.headers"


class Guard(Protection):
    """One per app. Options as of `Protection`. FastAPI reads a JSON body before it calls dependencies; if that matters, put
    `keywright.asgi.Guard` around the app."""

    def install(self, app: Any) -> None:
        """Adds the middleware that sends the refusals and the headers of admitted responses. Once for each app; without it guarded
        routes answer 500."""
        app.add_middleware(_Middleware)

    def __call__(
        self,
        *,
        tenant: Union[Text, Absent] = ABSENT,
        site: Union[Text, Absent] = ABSENT,
        permission: Union[Texts, Absent] = ABSENT,
        capability: Union[Text, Absent] = ABSENT,
        cost: Union[Cost, Absent] = ABSENT,
        limits: Union[Limits, Absent] = ABSENT,
        budgets: Union[Budgets, Absent] = ABSENT,
    ) -> Callable[[HTTPConnection], Awaitable[Admission]]:
        """For `Depends`: returns the `Admission`, also at `request.state.keywright`, or refuses. Rules as of `Rules`; `r.param(name)` is a
        parameter of the route. FastAPI calls a dependency once per request, even if it is used twice."""
        asked = Rules(tenant=tenant, site=site, permission=permission, capability=capability, cost=cost, limits=limits, budgets=budgets)

        async def admitted(connection: HTTPConnection) -> Admission:
            headers = connection.scope.get(_HEADERS_KEY)
            if not isinstance(headers, dict):
                raise RuntimeError("guard: call guard.install(app) once")
            outcome = await self.decide_async(asked, asgi.arrived(connection.scope))
            if isinstance(outcome, Problem):
                raise _Refused(outcome)
            headers.update(outcome.headers)
            connection.state.keywright = outcome.admission
            return outcome.admission

        return admitted


class _Refused(Exception):
    """An exception that none of the framework's handlers catches."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"refused with {problem.status}")
        self.problem = problem


class _Middleware:
    def __init__(self, app: asgi.App) -> None:
        self._app = app

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers: dict[str, str] = {}
        try:
            await self._app({**scope, _HEADERS_KEY: headers}, receive, asgi.adding_headers(headers, send))
        except _Refused as refused:
            await asgi.answer(refused.problem, scope, receive, send)
