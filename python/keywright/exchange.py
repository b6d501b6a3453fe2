"""One JSON question and its response: one deadline, no redirects, a bounded response."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Optional

from .connection import Connection
from .forking import begin_again_after_fork
from .report import KeywrightError
from .resolver import Resolver

ANSWER_BYTES_MAX = 64 * 1024
"""A decision is about one kilobyte."""
_GRACE_SECONDS = 0.1
"""Extra time for late responses on used connections after a new one was answered."""


class Line:
    """A pool of at most `max_concurrent` connections to one address with one credential. Thread-safe; a forked process starts
    without its parent's connections."""

    def __init__(self, host: str, port: int, tls: Optional[ssl.SSLContext], path: str, credential: str, max_concurrent: int) -> None:
        self._host, self._port, self._tls, self._path = host, port, tls, path
        self._headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/json", "Accept": "application/json"}
        self._max_concurrent = max_concurrent
        self._begin()
        begin_again_after_fork(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(self._max_concurrent)
        self._idle: list[Connection] = []
        self._running: set[Connection] = set()
        self._resolver = Resolver(self._host, self._port)
        self._answered = 0
        self._probe: Optional[Future[bool]] = None
        self._closed = False

    def after_fork(self) -> None:
        closed = self._closed
        self._begin()
        self._closed = closed

    def close(self) -> None:
        """Closes every connection and abandons running exchanges."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            running = list(self._running)
        for connection in idle:
            connection.destroy()
        for connection in running:
            connection.hang_up()

    def exchange(self, body: bytes, deadline: float) -> str:
        """Sends one JSON body and returns the body of a 200; raises `KeywrightError`. `deadline` is a time of `time.monotonic`. A reused
        connection that fails is replaced once, by a new one. It is also replaced if for half of the time no reused connection was
        answered but one new probe was, so that a stalled Keywright does not get every question twice."""
        try:
            if not self._slots.acquire(timeout=max(0.0, deadline - time.monotonic())):
                raise KeywrightError("timeout", "No connection to Keywright became free in time")
            try:
                try:
                    return self._send(body, deadline, fresh=False)
                except _Stale as stale:
                    self._close_idle()
                    return self._send_anew(body, deadline, stale.probe)
            finally:
                self._slots.release()
        except socket.timeout:
            raise KeywrightError("timeout", "Keywright did not answer in time") from None
        except (OSError, http.client.HTTPException, _Stale) as error:
            if self._closed:
                raise KeywrightError("closed", "The verifier was closed") from None
            raise KeywrightError("network", "Keywright cannot be reached", type(error).__name__) from None

    def _send(self, body: bytes, deadline: float, fresh: bool) -> str:
        connection, reused = self._take(fresh)
        connection.prepare(deadline)
        keep, before = False, self._answered
        try:
            try:
                connection.request("POST", self._path, body, self._headers)
                if reused and not connection.waits_for_answer((deadline - time.monotonic()) / 2):
                    self._replace_if_lost(connection, before, deadline)
                response = connection.getresponse()
            except socket.timeout:
                raise
            except (OSError, http.client.HTTPException):
                if reused and not self._closed:
                    raise _Stale from None
                raise
            if reused:
                self._answered += 1
            text = _read(response)
            keep = response.status == 200 and not response.will_close
            return text
        finally:
            self._give_back(connection, keep)

    def _send_anew(self, body: bytes, deadline: float, probe: Optional[Future[bool]]) -> str:
        answered = False
        try:
            text = self._send(body, deadline, fresh=True)
            answered = True
            return text
        finally:
            if probe is not None:
                self._probe = None
                probe.set_result(answered)

    def _replace_if_lost(self, connection: Connection, before: int, deadline: float) -> None:
        """For a connection that was silent for half of the time: raises `_Stale` if all used connections are lost."""
        with self._lock:
            probe, first = self._probe, self._probe is None
            if self._answered != before:
                return
            if probe is None:
                probe = self._probe = Future()
        if first:
            raise _Stale(probe)
        try:
            answered = probe.result(max(0.0, deadline - time.monotonic()))
        except FutureTimeoutError:
            return
        if answered and not connection.waits_for_answer(_GRACE_SECONDS) and self._answered == before:
            raise _Stale

    def _take(self, fresh: bool) -> tuple[Connection, bool]:
        """Returns the most recently used connection, so that idle ones can close."""
        with self._lock:
            if self._closed:
                raise KeywrightError("closed", "The verifier was closed")
            while self._idle and not fresh:
                connection = self._idle.pop()
                if connection.is_quiet():
                    self._running.add(connection)
                    return connection, True
                connection.destroy()
            connection = Connection(self._host, self._port, self._tls, self._resolver)
            self._running.add(connection)
            return connection, False

    def _close_idle(self) -> None:
        """After one idle connection was lost, the others probably are too."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.destroy()

    def _give_back(self, connection: Connection, keep: bool) -> None:
        with self._lock:
            self._running.discard(connection)
            if keep and not self._closed:
                connection.idle_since = time.monotonic()
                self._idle.append(connection)
                return
        connection.destroy()


class _Stale(Exception):
    """The connection was lost before its reuse. `probe` gets whether a new one was answered."""

    def __init__(self, probe: Optional[Future[bool]] = None) -> None:
        super().__init__()
        self.probe = probe


def _read(response: http.client.HTTPResponse) -> str:
    chunks: list[bytes] = []
    size = 0
    while size <= ANSWER_BYTES_MAX:
        chunk = response.read(ANSWER_BYTES_MAX + 1 - size)
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)
    if size > ANSWER_BYTES_MAX:
        raise KeywrightError("answer_too_large", f"Keywright answered more than {ANSWER_BYTES_MAX} bytes", response.status)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    if response.status != 200:
        raise _refusal_of(response.status)
    return b"".join(chunks).decode("utf-8", "replace")


def _refusal_of(status: int) -> KeywrightError:
    if status in (401, 403):
        return KeywrightError("credential_refused", "Keywright refused the service credential", status)
    if 300 <= status < 400:
        return KeywrightError("redirect", "Keywright answered with a redirect, which is not followed: correct the url", status)
    if 400 <= status < 500:
        return KeywrightError("question_refused", "Keywright refused the question", status)
    if status < 300:
        return KeywrightError("answer_malformed", "Keywright's answer is no decision", status)
    return KeywrightError("server_error", "Keywright failed to answer", status)
