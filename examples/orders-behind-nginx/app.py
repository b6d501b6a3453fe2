"""An orders API that knows nothing of keys: whose request it is, the proxy in front of it says.

Plain WSGI, so that gunicorn or uWSGI can run it as well; on its own it is served by the standard library: app.py PORT
"""

import json
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

BODY_BYTES_MAX = 10_000
ORDERS_PER_TENANT_MAX = 1_000

ORDERS: dict[str, list[dict[str, object]]] = {}


def app(environ, start_response):
    tenant = environ.get("HTTP_X_KEYWRIGHT_TENANT", "")
    if tenant == "" or environ["PATH_INFO"] != f"/tenants/{tenant}/orders":
        return answer(start_response, "404 Not Found", {"detail": "There are no orders here."})
    orders = ORDERS.setdefault(tenant, [])
    if environ["REQUEST_METHOD"] != "POST":
        return answer(start_response, "200 OK", {"data": orders})
    if len(orders) >= ORDERS_PER_TENANT_MAX:
        return answer(start_response, "409 Conflict", {"detail": "This example keeps no more orders."})
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > BODY_BYTES_MAX:
        return answer(start_response, "413 Content Too Large", {"detail": "An order is smaller than that."})
    try:
        order = dict(json.loads(environ["wsgi.input"].read(length)))
    except (ValueError, TypeError):
        return answer(start_response, "400 Bad Request", {"detail": "An order is a JSON object."})
    order |= {"id": len(orders) + 1, "created_by": environ.get("HTTP_X_KEYWRIGHT_KEY_NAME", "")}
    orders.append(order)
    return answer(start_response, "201 Created", order)


def answer(start_response, status, content):
    body = json.dumps(content).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format, *args):
        pass


if __name__ == "__main__":
    with make_server("127.0.0.1", int(sys.argv[1]), app, handler_class=QuietHandler) as server:
        server.serve_forever()
