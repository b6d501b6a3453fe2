"""An API of the operator's own: each tenant's orders, in memory. Keywright decides who may read and who may write them."""

import json
import os
import threading

from keywright.wsgi import Guard

BODY_BYTES_MAX = 10_000
ORDERS_PER_TENANT_MAX = 1_000
TEXT_CHARACTERS_MAX = 200
QUANTITY_MAX = 1_000_000

guard = Guard(url=os.environ.get("KEYWRIGHT_URL") or f"http://127.0.0.1:{os.environ.get('KEYWRIGHT_PORT', 8787)}", credential=os.environ["KEYWRIGHT_SERVICE_CREDENTIAL"])

orders: dict = {}
one_at_a_time = threading.Lock()


def read_orders(environ, start_response):
    return answer(start_response, "200 OK", {"data": orders.get(environ["keywright"].tenant.id, [])})


def place_order(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > BODY_BYTES_MAX:
        return answer(start_response, "413 Content Too Large", {"detail": "An order is smaller than that."})
    wanted = order_of(environ["wsgi.input"].read(length))
    if wanted is None:
        return answer(start_response, "400 Bad Request", {"detail": "Send {item, quantity}."})
    admission = environ["keywright"]
    with one_at_a_time:
        placed = orders.setdefault(admission.tenant.id, [])
        if len(placed) >= ORDERS_PER_TENANT_MAX:
            return answer(start_response, "409 Conflict", {"detail": "This example keeps no more orders."})
        order = {"id": len(placed) + 1, **wanted, "created_by": admission.key.name}
        placed.append(order)
    return answer(start_response, "201 Created", order)


ROUTES = {
    "GET": guard(read_orders, tenant=lambda r: r.segment(1), permission="orders:read"),
    "POST": guard(place_order, tenant=lambda r: r.segment(1), permission="orders:write"),
}


def app(environ, start_response):
    parts = environ["PATH_INFO"].split("/")[1:]
    route = ROUTES.get(environ["REQUEST_METHOD"])
    if route is None or len(parts) != 3 or (parts[0], parts[2]) != ("tenants", "orders"):
        return answer(start_response, "404 Not Found", {"detail": "There is nothing here."})
    return route(environ, start_response)


def order_of(body):
    try:
        order = json.loads(body)
        item, quantity = order["item"], order["quantity"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(item, str) or not 1 <= len(item) <= TEXT_CHARACTERS_MAX:
        return None
    if type(quantity) is not int or not 1 <= quantity <= QUANTITY_MAX:
        return None
    return {"item": item, "quantity": quantity}


def answer(start_response, status, content):
    body = json.dumps(content).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
