"""Guards for the routes of a Flask app, one line each; Flask itself comes with the app.

    guard = Guard(url="http://127.0.0.1:8787", credential=os.environ["KEYWRIGHT_SERVICE_CREDENTIAL"])

    @app.get("/tenants/<tenant_id>/orders")
    @guard(tenant=lambda r: r.param("tenant_id"), permission="orders:read")
    def orders(tenant_id): ...
"""

from __future__ import annotations

import functools
from typing import Any, Callable, Union

from flask import Response, after_this_request, current_app, g, request

from . import wsgi
from .guard import ABSENT, Absent, Budgets, Cost, Limits, Rules, Text, Texts
from .problem import Problem
from .protect import Protection

View = Callable[..., Any]


class Guard(Protection):
    """One per app. Options as of `Protection`."""

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
    ) -> Callable[[View], View]:
        """A decorator to put below the route's: calls the view for admitted requests, with the typed `Admission` at
        `flask.g.keywright`. Rules as of `Rules`; `r.param(name)` is a parameter of the route."""
        asked = Rules(tenant=tenant, site=site, permission=permission, capability=capability, cost=cost, limits=limits, budgets=budgets)
        return functools.partial(self._guarded, asked)

    def _guarded(self, asked: Rules, view: View) -> View:
        if not callable(view):
            raise TypeError("guard: give the view that it stands before")

        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            outcome = self.decide(asked, wsgi.arrived(request.environ, request.view_args))
            if isinstance(outcome, Problem):
                return Response(outcome.body, outcome.status, outcome.headers)
            g.keywright = outcome.admission
            after_this_request(functools.partial(_add, outcome.headers))
            return current_app.ensure_sync(view)(*args, **kwargs)

        return guarded


def _add(headers: dict[str, str], response: Response) -> Response:
    """Adds the headers that a view did not set."""
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    return response
