"""Resolves the name of a host within a deadline, which the system's own resolver does not have."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, Optional

Addresses = list[tuple[Any, Any, int, str, Any]]
"""As `socket.getaddrinfo` gives them."""


class Resolver:
    """Resolves one host. Concurrent callers share one look-up, so that a hanging resolver blocks only one thread. Results are not cached:
    each connection resolves the name again."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._lock = threading.Lock()
        self._running: Optional[Future[Addresses]] = None

    def addresses(self, seconds: float) -> Addresses:
        """Raises `socket.timeout` at the deadline, and `OSError` for an unknown name."""
        with self._lock:
            running = self._running
            if running is None:
                running = self._running = Future()
                threading.Thread(target=self._resolve, args=(running,), name="keywright-resolver", daemon=True).start()
        try:
            return running.result(seconds)
        except FutureTimeoutError:
            raise socket.timeout("the name of the host was not resolved in time") from None

    def _resolve(self, running: Future[Addresses]) -> None:
        try:
            found: Addresses = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            outcome: Optional[BaseException] = None
        except BaseException as error:
            found, outcome = [], error
        with self._lock:
            self._running = None
        if outcome is None:
            running.set_result(found)
        else:
            running.set_exception(outcome)
