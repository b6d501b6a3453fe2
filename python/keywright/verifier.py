"""Asks Keywright over HTTP whether a request with a raw key is allowed."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Optional, TypedDict
from urllib.parse import urlsplit

from .decision import Decision, parse_decision, unavailable
from .exchange import Line
from .forking import begin_again_after_fork
from .report import KeywrightError, OnError, create_reporter

_VERIFY_PATH = "/api/v1/verify"
_CREDENTIAL = re.compile(r"kws_[\x21-\x7e]{1,252}")
_TIMEOUT_MS = 2000
_TIMEOUT_MS_MAX = 60_000
_CONCURRENT = 64
_CONCURRENT_MAX = 4096
_WAITING_PER_CONNECTION = 32
"""Maximum queued questions per connection; further ones get 503 at once."""


class RequestFacts(TypedDict, total=False):
    """Details of the request with the key. Keywright checks the address; the rest explains refusals.
    `path` is without the query, which may contain secrets; `client` is the value of `X-Keywright-Client`."""

    method: str
    path: str
    ip: str
    user_agent: str
    client: str
    origin: str
    sec_fetch_site: str


class NamedCost(TypedDict):
    """A request's cost against one named limit of the tenant's plan; a name that the plan does not have is ignored."""

    name: str
    cost: int


class _Asked(TypedDict):
    raw_key: str


class Question(_Asked, total=False):
    """The body of `POST /api/v1/verify`. `cost` counts against the rate limits, the quota and the budgets of the key, 1 by default;
    `budgets` is the cost by the name of a budget, in place of `cost`."""

    tenant_id: str
    site_id: str
    permissions: Sequence[str]
    capability: str
    cost: int
    limits: Sequence[NamedCost]
    budgets: Mapping[str, int]
    request: RequestFacts


class Verifier:
    """Never raises for a question: without a decision it returns a denial, 503 `unavailable`. Thread-safe and fork-safe; connects at
    the first use.

    `url`: the address of Keywright, such as `http://127.0.0.1:8787`. `credential`: the service credential, `kws_…`. `timeout_ms`: time
    limit for a whole question. `max_concurrent`: maximum number of connections. `on_error`: called with the reason when a question
    has no decision; default: a warning in the log `keywright` at most once a minute. `ssl_context`: for a private certificate
    authority. Raises `ValueError` or `TypeError` for invalid options, without the credential in its message.
    """

    def __init__(
        self,
        url: str,
        credential: str,
        *,
        timeout_ms: int = _TIMEOUT_MS,
        max_concurrent: int = _CONCURRENT,
        on_error: Optional[OnError] = None,
        ssl_context: Optional[ssl.SSLContext] = None,
    ) -> None:
        if not isinstance(credential, str) or not _CREDENTIAL.fullmatch(credential):
            raise ValueError("credential: give the service credential, which begins with kws_")
        if ssl_context is not None and not isinstance(ssl_context, ssl.SSLContext):
            raise TypeError("ssl_context: give an ssl.SSLContext")
        self._timeout_seconds = _count("timeout_ms", timeout_ms, _TIMEOUT_MS_MAX) / 1000
        self._max_concurrent = _count("max_concurrent", max_concurrent, _CONCURRENT_MAX)
        self._asked_max = self._max_concurrent * (1 + _WAITING_PER_CONNECTION)
        self._report = create_reporter(on_error)
        self._line = _open_line(url, credential, self._max_concurrent, ssl_context)
        self._closed = False
        self.after_fork()
        begin_again_after_fork(self)

    def after_fork(self) -> None:
        """Creates the state of one process."""
        self._asked = 0
        self._counting = threading.Lock()
        self._threads: Optional[ThreadPoolExecutor] = None

    def verify(self, question: Question) -> Decision:
        """Blocks this thread."""
        try:
            deadline = self._enter()
            try:
                return self._ask(question, deadline)
            finally:
                self._leave()
        except Exception as error:
            return self._refuse(error)

    async def verify_async(self, question: Question) -> Decision:
        """Blocks a thread of a bounded pool, not the event loop."""
        try:
            deadline = self._enter()
            try:
                waiting = self._pool().submit(self._ask, question, deadline)
            except BaseException:
                self._leave()
                raise
            # Counted until its thread has finished, also after the caller was cancelled.
            waiting.add_done_callback(lambda _done: self._leave())
            return await asyncio.wrap_future(waiting)
        except Exception as error:
            return self._refuse(error)

    def close(self) -> None:
        """Closes the connections; running questions get 503."""
        self._closed = True
        self._line.close()
        if self._threads is not None:
            self._threads.shutdown(wait=False)

    def _refuse(self, error: Exception) -> Decision:
        self._report(error if isinstance(error, KeywrightError) else KeywrightError("question_refused", "The question cannot be sent"))
        return unavailable()

    def _enter(self) -> float:
        if self._closed:
            raise KeywrightError("closed", "The verifier was closed")
        with self._counting:
            if self._asked >= self._asked_max:
                raise KeywrightError("overloaded", f"{self._asked_max} questions are waiting for Keywright")
            self._asked += 1
        return time.monotonic() + self._timeout_seconds

    def _leave(self) -> None:
        with self._counting:
            self._asked -= 1

    def _ask(self, question: Question, deadline: float) -> Decision:
        body = json.dumps(question, separators=(",", ":"), allow_nan=False).encode("ascii")
        decision = parse_decision(self._line.exchange(body, deadline))
        if decision is None:
            raise KeywrightError("answer_malformed", "Keywright's answer is no decision; is the url Keywright's?")
        return decision

    def _pool(self) -> ThreadPoolExecutor:
        with self._counting:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self._max_concurrent, thread_name_prefix="keywright")
            return self._threads


def _open_line(url: str, credential: str, max_concurrent: int, ssl_context: Optional[ssl.SSLContext]) -> Line:
    try:
        parts = urlsplit(url)
        secure, host, port = parts.scheme == "https", parts.hostname, parts.port
    except (ValueError, AttributeError, TypeError):
        raise ValueError("url: give the http or https address of Keywright") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("url: give the http or https address of Keywright")
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise ValueError("url: give the address alone, without a password or a query")
    if re.search(r"[\x00-\x20\x7f-\uffff]", url):
        raise ValueError("url: give it in printable ASCII")
    tls = (ssl_context or ssl.create_default_context()) if secure else None
    path = parts.path.rstrip("/") + _VERIFY_PATH
    return Line(host, port or (443 if secure else 80), tls, path, credential, max_concurrent)


def _count(name: str, value: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ValueError(f"{name}: give a whole number from 1 to {most}")
    return value
