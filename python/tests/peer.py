"""A real HTTP server for verifiers that answers as a test configures and records the questions."""

import json
import socket
import threading

CREDENTIAL = "kws_" + "0" * 50
RAW_KEY = "kw_prod_" + "a" * 50
"""Has the format of a raw key, with a wrong checksum."""


def admitted(**more):
    """Keywright's answer for an admission."""
    key = {"id": "key_1", "name": "prod-order-bot", "environment": "prod", "permissions": ["orders:read"], "site_ids": None, "expires_at": None}
    limit = {"name": "burst", "per": "key", "requests": 100, "window_seconds": 60, "remaining": 50, "reset_seconds": 30}
    answer = {
        "allowed": True,
        "status": 200,
        "code": "allowed",
        "detail": "The key may make this request.",
        "request_id": "req_admitted",
        "key": key,
        "tenant": {"id": "acme", "name": "Acme"},
        "rate_limits": [limit],
    }
    return {**answer, **more}


def denied(status, code, **more):
    return {"allowed": False, "status": status, "code": code, "detail": f"Refused as {code}.", "request_id": "req_denied", **more}


def response(answer, status=200, headers=""):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


class Peer:
    """`play(connection, body)` gets the socket and the body of a question; it sends what it wants. Returns False to close."""

    def __init__(self, play=None):
        self.play = play or (lambda connection, _body: connection.sendall(response(admitted())))
        self.asked = []
        self.connections = 0
        self.open = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self.open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        reader = connection.makefile("rb")
        try:
            while True:
                head = reader.readline().decode()
                if not head:
                    return
                headers = {}
                for line in iter(reader.readline, b"\r\n"):
                    name, _colon, value = line.decode().partition(":")
                    headers[name.lower()] = value.strip()
                body = reader.read(int(headers.get("content-length", "0")))
                with self._lock:
                    self.asked.append((head.split()[1], headers, json.loads(body)))
                if self.play(connection, body) is False:
                    return
        except (OSError, ValueError):
            return
        finally:
            reader.close()
            connection.close()

    def close_idle(self):
        """Closes every connection, as a server does after an idle time-out."""
        with self._lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.open.clear()

    def close(self):
        self._listener.close()
        self.close_idle()
