"""Guards for WSGI apps (PEP 3333): Flask, Django, Pyramid, Bottle, or plain.

    guard = Guard(url="http://127.0.0.1:8787", credential=os.environ["KEYWRIGHT_SERVICE_CREDENTIAL"])
    app = guard(app, tenant=lambda r: r.segment(1), permission="orders:read")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable, Optional, Union
from urllib.parse import quote, unquote_to_bytes

from .guard import ABSENT, Absent, Budgets, Cost, Limits, Rules, Text, Texts
from .incoming import HeaderLines, Request, facts_of
from .problem import Problem, phrase_of
from .protect import Admitted, Arrived, Outcome, Protection

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

ENVIRON_KEY = "keywright"
_UNQUOTED = "/:@!$&'()*+,;=-._~%"


class Guard(Protection):
    """One per app. Options as of `Protection`. Thread-safe and fork-safe: it connects at the first use."""

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
        """Wraps an app: calls it for admitted requests, with the typed `Admission` at `environ["keywright"]`. Rules as of `Rules`.
        Decides before the body is read."""
        if not callable(app):
            raise TypeError("guard: give the app that it stands before")
        asked = Rules(tenant=tenant, site=site, permission=permission, capability=capability, cost=cost, limits=limits, budgets=budgets)

        def guarded(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            outcome = self.check(environ, asked)
            if isinstance(outcome, Problem):
                return answer(outcome, environ, start_response)
            return app(environ, _adding(outcome.headers, start_response))

        return guarded

    def check(self, environ: Environ, rules: Rules, params: Optional[Mapping[str, object]] = None) -> Outcome:
        """The same for one request, inside a handler: `Admitted`, whose headers must be set on the response, or the `Problem` to send.
        `params`: the route's parameters for rules."""
        environ.pop(ENVIRON_KEY, None)
        outcome = self.decide(rules, arrived(environ, params))
        if isinstance(outcome, Admitted):
            environ[ENVIRON_KEY] = outcome.admission
        return outcome


def answer(problem: Problem, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Sends a problem as a WSGI response."""
    headers = [*problem.headers.items(), ("Content-Length", str(len(problem.body)))]
    start_response(f"{problem.status} {phrase_of(problem.status)}", headers)
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [problem.body]


def _adding(headers: Mapping[str, str], start_response: StartResponse) -> StartResponse:
    """Adds the headers that a handler did not set."""

    def start(status: str, given: list[tuple[str, str]], *exc_info: Any) -> Any:
        named = {name.lower() for name, _value in given}
        added = [(name, value) for name, value in headers.items() if name.lower() not in named]
        return start_response(status, [*given, *added], *exc_info)

    return start


def arrived(environ: Environ, params: Optional[Mapping[str, object]] = None) -> Arrived:
    """Converts an environ to a guard's request."""
    lines = _lines(environ)
    method = environ.get("REQUEST_METHOD", "")
    path = environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace")
    request = Request(method, path, environ.get("QUERY_STRING", ""), lines, params, _sent(environ))
    return Arrived(request, lines, facts_of(method, _raw_path(environ), environ.get("REMOTE_ADDR"), lines))


def _lines(environ: Environ) -> HeaderLines:
    """The headers from the server, which joins repeated ones with a comma. `X-API-Key` and `X_API_Key` have one name here and are joined
    too, so two keys are always seen as two."""
    named = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
    content = [(name.replace("_", "-"), environ[name]) for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)]
    return named + content


def _sent(environ: Environ) -> Optional[str]:
    """The raw path, if the server passes it on: gunicorn, uWSGI and mod_wsgi do."""
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    return None if not target else str(target).split("?", 1)[0]


def _raw_path(environ: Environ) -> str:
    """The raw path if the server passes it on and no middleware rewrote it since, else the path encoded again."""
    decoded = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1", "replace")
    sent = (_sent(environ) or "").encode("latin-1", "replace")
    if sent.startswith(b"/") and unquote_to_bytes(sent) == decoded:
        return quote(sent, safe=_UNQUOTED)
    return quote(decoded, safe=_UNQUOTED.replace("%", ""))
