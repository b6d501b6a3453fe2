"""A keep-alive connection to Keywright, with one deadline for a whole exchange."""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
import time
from typing import Any, Optional, cast

from .resolver import Resolver

_IDLE_SECONDS_MAX = 30.0
"""Below the 65 s after which Keywright closes an idle connection, and below the usual limits of balancers."""


class _TimedReader(io.RawIOBase):
    def __init__(self, timed: _TimedSocket) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._timed.arm()
        return self._timed.inner.recv_into(buffer)


class _TimedSocket:
    """A socket with one deadline for all reads and writes. A plain timeout restarts with every byte received."""

    def __init__(self, inner: socket.socket, deadline: float) -> None:
        self.inner = inner
        self.deadline = deadline

    def arm(self) -> None:
        self.inner.settimeout(_left(self.deadline))

    def sendall(self, data: Any) -> None:
        self.arm()
        self.inner.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self))

    def close(self) -> None:
        """Does nothing, because a response that ends its connection must still be read. `Connection.destroy` closes."""


class Connection(http.client.HTTPConnection):
    """Connects at the first use."""

    def __init__(self, host: str, port: int, tls: Optional[ssl.SSLContext], resolver: Resolver) -> None:
        super().__init__(host, port)
        self._resolver = resolver
        self.tls = tls
        self.idle_since = 0.0
        self.deadline = 0.0
        self.timed: Optional[_TimedSocket] = None

    def connect(self) -> None:
        bare = _reach(self._resolver, self.deadline)
        try:
            bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            bare.settimeout(_left(self.deadline))
            ready = bare if self.tls is None else self.tls.wrap_socket(bare, server_hostname=self.host)
        except BaseException:
            bare.close()
            raise
        self.timed = _TimedSocket(ready, self.deadline)
        self.sock = _as_socket(self.timed)

    def prepare(self, deadline: float) -> None:
        self.deadline = deadline
        if self.timed is not None:
            self.timed.deadline = deadline

    def is_quiet(self) -> bool:
        """Whether an idle connection can be reused. A readable one was closed, or has unsolicited data."""
        if self.timed is None or time.monotonic() - self.idle_since > _IDLE_SECONDS_MAX:
            return False
        return not _is_readable(self.timed.inner, 0)

    def waits_for_answer(self, seconds: float) -> bool:
        """Whether the socket becomes readable within a time."""
        return self.timed is not None and _is_readable(self.timed.inner, max(0.0, seconds))

    def hang_up(self) -> None:
        """Wakes the thread that waits for this connection's response."""
        if self.timed is None:
            return
        try:
            self.timed.inner.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def destroy(self) -> None:
        if self.timed is not None:
            self.timed.inner.close()


def _reach(resolver: Resolver, deadline: float) -> socket.socket:
    """Connects to the first address of the host that accepts, within one deadline."""
    failure: OSError = OSError("the host has no address")
    for family, kind, protocol, _name, address in resolver.addresses(_left(deadline)):
        bare = socket.socket(family, kind, protocol)
        try:
            bare.settimeout(_left(deadline))
            bare.connect(address)
            return bare
        except OSError as error:
            bare.close()
            failure = error
    raise failure


def _as_socket(timed: _TimedSocket) -> socket.socket:
    """Guarantee: `http.client` uses only sendall, makefile and close of a socket."""
    return cast(socket.socket, timed)


def _is_readable(inner: socket.socket, seconds: float) -> bool:
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(inner, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    return bool(select.select([inner], [], [], seconds)[0])


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("the time is up")
    return left
