"""Connections that are lost, and names that are not resolved."""

import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from peer import RAW_KEY, admitted, response

QUESTION = {"raw_key": RAW_KEY}
IDLE = 64


class Relay:
    """A TCP relay, like a balancer, that can drop connections silently: neither side gets a FIN."""

    def __init__(self, port):
        self._port = port
        self.connections = 0
        self._open = {}
        self._forgotten = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            self.connections += 1
            self._open[near] = far
            threading.Thread(target=self._forward, args=(near, far), daemon=True).start()
            threading.Thread(target=self._back, args=(far, near), daemon=True).start()

    def _forward(self, near, far):
        try:
            while True:
                chunk = near.recv(65_536)
                loss = self._forgotten.get(near)
                if not chunk or loss == "reset":
                    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    near.close()
                    return
                if loss is None:
                    far.sendall(chunk)
        except OSError:
            pass

    def _back(self, far, near):
        try:
            while True:
                chunk = far.recv(65_536)
                if not chunk:
                    return
                near.sendall(chunk)
        except OSError:
            pass

    def forget(self, loss):
        for near, far in list(self._open.items()):
            self._forgotten[near] = loss
            far.close()
        self._open.clear()

    def close(self):
        self._listener.close()
        for near in [*self._open, *self._forgotten]:
            near.close()


@pytest.mark.parametrize("at_once", [IDLE, 1])
@pytest.mark.parametrize("loss", ["reset", "drop"])
def test_idle_connections_lost_without_a_fin_lose_no_question(peer_that, verifier_of, loss, at_once):
    together = threading.Barrier(IDLE)

    def when_all_are_there(connection, _body):
        together.wait(20)
        connection.sendall(response(admitted()))

    peer = peer_that(when_all_are_there)
    relay = Relay(int(peer.url.rsplit(":", 1)[1]))
    verifier = verifier_of(relay.url, timeout_ms=10_000)
    with ThreadPoolExecutor(IDLE) as threads:
        assert sum(decision.allowed for decision in threads.map(lambda _: verifier.verify(QUESTION), range(IDLE))) == IDLE
        assert relay.connections == IDLE
        peer.play = lambda connection, _body: connection.sendall(response(admitted()))
        relay.forget(loss)
    with ThreadPoolExecutor(at_once) as threads:
        assert sum(decision.allowed for decision in threads.map(lambda _: verifier.verify(QUESTION), range(IDLE))) == IDLE
    assert verifier.reasons == []
    opened = relay.connections
    assert all(verifier.verify(QUESTION).allowed for _ in range(5))
    assert relay.connections <= opened + 1
    relay.close()


def test_a_stalled_keywright_gets_one_extra_question(peer_that, verifier_of):
    together, waiting, lock = threading.Barrier(IDLE), [], threading.Lock()

    def when_all_are_there(connection, _body):
        together.wait(20)
        connection.sendall(response(admitted()))

    def when_one_more_came(connection, _body):
        with lock:
            waiting.append(connection)
            if len(waiting) == IDLE + 1:
                for late in waiting:
                    with contextlib.suppress(OSError):  # The one that was replaced is closed.
                        late.sendall(response(admitted()))

    peer = peer_that(when_all_are_there)
    verifier = verifier_of(peer.url, timeout_ms=8_000)
    with ThreadPoolExecutor(IDLE) as threads:
        list(threads.map(lambda _: verifier.verify(QUESTION), range(IDLE)))
        peer.asked.clear()
        peer.play = when_one_more_came
        assert sum(decision.allowed for decision in threads.map(lambda _: verifier.verify(QUESTION), range(IDLE))) == IDLE
    assert len(peer.asked) == IDLE + 1 and verifier.reasons == []


def test_a_resolver_that_hangs_ends_at_the_deadline(verifier_of, monkeypatch):
    hanging, looked_up = threading.Event(), []

    def hang(*_args, **_more):
        looked_up.append(True)
        hanging.wait(30)
        raise socket.gaierror("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    verifier = verifier_of("http://keywright.example:8787", timeout_ms=200)
    began = time.monotonic()
    with ThreadPoolExecutor(16) as threads:
        decisions = list(threads.map(lambda _: verifier.verify(QUESTION), range(16)))
    assert [decision.status for decision in decisions] == [503] * 16
    assert time.monotonic() - began < 10, "waits for the resolver"
    assert set(verifier.reasons) == {"timeout"} and len(looked_up) == 1
    hanging.set()


def test_an_unknown_host_name_is_reported_at_once(verifier_of, monkeypatch):
    def none(*_args, **_more):
        raise socket.gaierror("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    verifier = verifier_of("http://keywright.example:8787", timeout_ms=20_000)
    assert verifier.verify(QUESTION).status == 503 and verifier.reasons == ["network"]
