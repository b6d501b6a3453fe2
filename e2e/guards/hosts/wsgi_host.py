"""The host of `../README.md` as a WSGI app. Usage: wsgi_host.py [wsgiref|gunicorn]"""

import json
import os
import socketserver
import sys

from notes import BROKEN, EXPORTS, HANDLED, LATE, OPTIONS, ORDERS_READ, ORDERS_WRITE, accepted, item_note, reset, route_of, seen

from keywright.wsgi import Guard

STATUS_LINES = {200: "200 OK", 201: "201 Created", 204: "204 No Content", 404: "404 Not Found"}
BODY_BYTES_MAX = 6_000_000

guard = Guard(**OPTIONS)


def send(start_response, status, body=None):
    content = b"" if body is None else json.dumps(body).encode()
    start_response(STATUS_LINES[status], [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content] if content else []


def noting(environ, start_response):
    admission = environ["keywright"]
    HANDLED.append(admission.key.id)
    return send(start_response, 200, {"tenant": admission.tenant.id})


def write(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    assert length <= BODY_BYTES_MAX
    HANDLED.append(item_note(environ["wsgi.input"].read(length)))
    return send(start_response, 201, {"tenant": environ["keywright"].tenant.id})


def broken(environ, start_response):
    HANDLED.append("broken")
    return send(start_response, 200)


def forget(environ, start_response):
    reset()
    return send(start_response, 204)


ROUTES = {
    ("GET", "/free"): lambda environ, start_response: send(start_response, 200, {"free": True}),
    ("GET", "/__seen"): lambda environ, start_response: send(start_response, 200, seen()),
    ("GET", "/__start"): lambda environ, start_response: send(start_response, 200, accepted(guard, noting)),
    ("GET", "late"): guard(broken, **LATE),
    ("POST", "/__reset"): forget,
    ("GET", "/any"): guard(noting),
    ("GET", "orders"): guard(noting, **ORDERS_READ),
    ("POST", "orders"): guard(write, **ORDERS_WRITE),
    ("GET", "exports"): guard(noting, **EXPORTS),
    ("GET", "broken"): guard(broken, **BROKEN),
}


def app(environ, start_response):
    route = ROUTES.get(route_of(environ["REQUEST_METHOD"], environ["PATH_INFO"]))
    if route is None:
        return send(start_response, 404)
    body = route(environ, start_response)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else body


def serve_wsgiref():
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    class Server(socketserver.ThreadingMixIn, WSGIServer):
        daemon_threads = True
        request_queue_size = 128

    class Handler(WSGIRequestHandler):
        def log_message(self, *_args):
            pass

    with make_server("127.0.0.1", 0, app, Server, Handler) as server:
        print(f"listening http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


def serve_gunicorn():
    from gunicorn.app.base import BaseApplication

    class Program(BaseApplication):
        def load_config(self):
            self.cfg.set("bind", "127.0.0.1:0")
            self.cfg.set("worker_class", "gthread")
            self.cfg.set("threads", 64)
            # gunicorn compares the time with that of a file, which the kernel's clock gives: under `--clock` it would kill its worker each second.
            self.cfg.set("timeout", 0)
            # The guard exists before the fork.
            self.cfg.set("preload_app", True)
            self.cfg.set("when_ready", say)

        def load(self):
            return app

    def say(server):
        print(f"listening http://127.0.0.1:{server.LISTENERS[0].sock.getsockname()[1]}", flush=True)

    Program().run()


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    os.environ.pop("GUNICORN_CMD_ARGS", None)
    serve_gunicorn() if sys.argv[1:] == ["gunicorn"] else serve_wsgiref()
