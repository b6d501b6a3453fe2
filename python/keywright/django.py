"""Guards for the views of a Django project; Django itself comes with the project.

    # settings.py
    KEYWRIGHT = {"url": "http://127.0.0.1:8787", "credential": os.environ["KEYWRIGHT_SERVICE_CREDENTIAL"]}
    MIDDLEWARE = ["keywright.django.Middleware"]   # guards every view that is neither guarded nor unguarded

    # views.py
    @guarded(tenant=lambda r: r.param("tenant_id"), permission="orders:read")
    def orders(request, tenant_id): ...
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Callable, Union

from . import asgi, wsgi
from .guard import ABSENT, Absent, Budgets, Cost, Limits, Rules, Text, Texts
from .problem import Problem
from .protect import Admitted, Arrived, Protection

View = Callable[..., Any]

_OWN = "keywright_guards_itself"
_HEADERS = "keywright_headers"
_lock = threading.Lock()
_made: list[tuple[Mapping[str, Any], Protection]] = []
"""The project's guard, with the settings that it was created from."""


def guarded(
    *,
    tenant: Union[Text, Absent] = ABSENT,
    site: Union[Text, Absent] = ABSENT,
    permission: Union[Texts, Absent] = ABSENT,
    capability: Union[Text, Absent] = ABSENT,
    cost: Union[Cost, Absent] = ABSENT,
    limits: Union[Limits, Absent] = ABSENT,
    budgets: Union[Budgets, Absent] = ABSENT,
) -> Callable[[View], View]:
    """A decorator for one view, with or without the middleware: calls it for admitted requests, with the typed `Admission` at
    `request.keywright`. Rules as of `Rules`; `r.param(name)` is a parameter of the route. `settings.KEYWRIGHT` has the options of
    `Protection`. For a class use `method_decorator(guarded(...), name="dispatch")`."""
    asked = Rules(tenant=tenant, site=site, permission=permission, capability=capability, cost=cost, limits=limits, budgets=budgets)

    def decorate(view: View) -> View:
        if not callable(view):
            raise TypeError("guarded: give the view that it stands before")
        if inspect.iscoroutinefunction(view):

            @functools.wraps(view)
            async def later(request: Any, *args: Any, **kwargs: Any) -> Any:
                outcome = await _protection().decide_async(asked, _arrived(request, kwargs))
                return _refusal(outcome) if isinstance(outcome, Problem) else _add(outcome.headers, await view(_with_admission(request, outcome), *args, **kwargs))

            return _marked(later)

        @functools.wraps(view)
        def now(request: Any, *args: Any, **kwargs: Any) -> Any:
            outcome = _protection().decide(asked, _arrived(request, kwargs))
            return _refusal(outcome) if isinstance(outcome, Problem) else _add(outcome.headers, view(_with_admission(request, outcome), *args, **kwargs))

        return _marked(now)

    return decorate


def unguarded(view: View) -> View:
    """Marks a view that the middleware does not guard."""

    @functools.wraps(view)
    def open_view(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return _marked(open_view)


class Middleware:
    """Guards every view that is neither `guarded` nor `unguarded`, with the rules of `settings.KEYWRIGHT["rules"]`; without rules it
    admits any valid key. Decides before the body is read."""

    def __init__(self, get_response: View) -> None:
        self._get_response = get_response
        self._rules = Rules(**_settings().get("rules", {}))
        _protection()

    def __call__(self, request: Any) -> Any:
        response = self._get_response(request)
        return _add(getattr(request, _HEADERS, {}), response)

    def process_view(self, request: Any, view: View, args: Any, kwargs: dict[str, Any]) -> Any:
        """Called by Django after it has resolved the route."""
        if getattr(view, _OWN, False) is True:
            return None
        outcome = _protection().decide(self._rules, _arrived(request, kwargs))
        if isinstance(outcome, Problem):
            return _refusal(outcome)
        setattr(_with_admission(request, outcome), _HEADERS, outcome.headers)
        return None


def _settings() -> Mapping[str, Any]:
    options = getattr(import_module("django.conf").settings, "KEYWRIGHT", None)
    if not isinstance(options, Mapping):
        raise TypeError('settings.KEYWRIGHT: give {"url": ..., "credential": ...}')
    return options


def _protection() -> Protection:
    options = _settings()
    with _lock:
        if not _made or _made[0][0] is not options:
            made = Protection(**{name: value for name, value in options.items() if name != "rules"})
            for _options, earlier in _made:
                earlier.close()
            _made[:] = [(options, made)]
        return _made[0][1]


def _arrived(request: Any, params: Mapping[str, object]) -> Arrived:
    """Converts Django's request under WSGI or ASGI; `params` are the view's arguments."""
    scope = getattr(request, "scope", None)
    return wsgi.arrived(request.META, params) if scope is None else asgi.arrived(scope, params)


def _with_admission(request: Any, outcome: Admitted) -> Any:
    request.keywright = outcome.admission
    return request


def _refusal(problem: Problem) -> Any:
    response = import_module("django.http").HttpResponse(problem.body, status=problem.status)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def _add(headers: Mapping[str, str], response: Any) -> Any:
    """Adds the headers that a view did not set."""
    for name, value in headers.items():
        if name not in response:
            response[name] = value
    return response


def _marked(view: View) -> View:
    setattr(view, _OWN, True)
    return view
