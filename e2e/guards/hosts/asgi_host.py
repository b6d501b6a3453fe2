"""The host of `../README.md` as an ASGI app on uvicorn."""

import json

from notes import BROKEN, EXPORTS, HANDLED, LATE, OPTIONS, ORDERS_READ, ORDERS_WRITE, accepted, item_note, reset, route_of, seen

import uvicorn
from keywright.asgi import Guard

BODY_BYTES_MAX = 6_000_000

guard = Guard(**OPTIONS)


async def send_json(send, status, body=None):
    content = b"" if body is None else json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers if status != 204 else []})
    await send({"type": "http.response.body", "body": content})


async def read(receive):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        assert message["type"] == "http.request" and len(body) <= BODY_BYTES_MAX
        if not message.get("more_body", False):
            return body


async def free(scope, receive, send):
    await send_json(send, 200, {"free": True})


async def tell(scope, receive, send):
    await send_json(send, 200, seen())


async def started(scope, receive, send):
    await send_json(send, 200, accepted(guard, noting))


async def forget(scope, receive, send):
    reset()
    await send_json(send, 204)


async def noting(scope, receive, send):
    assert scope["state"]["keywright"] is scope["keywright"]
    HANDLED.append(scope["keywright"].key.id)
    await send_json(send, 200, {"tenant": scope["keywright"].tenant.id})


async def write(scope, receive, send):
    HANDLED.append(item_note(await read(receive)))
    await send_json(send, 201, {"tenant": scope["keywright"].tenant.id})


async def broken(scope, receive, send):
    HANDLED.append("broken")
    await send_json(send, 200)


ROUTES = {
    ("GET", "/free"): free,
    ("GET", "/__seen"): tell,
    ("GET", "/__start"): started,
    ("GET", "late"): guard(broken, **LATE),
    ("POST", "/__reset"): forget,
    ("GET", "/any"): guard(noting),
    ("GET", "orders"): guard(noting, **ORDERS_READ),
    ("POST", "orders"): guard(write, **ORDERS_WRITE),
    ("GET", "exports"): guard(noting, **EXPORTS),
    ("GET", "broken"): guard(broken, **BROKEN),
}


async def converse(scope, receive, send):
    await receive()
    HANDLED.append(scope["keywright"].tenant.id)
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 1000})


SOCKET = guard(converse, **ORDERS_READ)


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await SOCKET(scope, receive, send)
        return
    route = ROUTES.get(route_of(scope["method"], scope["path"]))
    if route is None:
        await send_json(send, 404)
    else:
        await route(scope, receive, send)


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(f"listening http://127.0.0.1:{port}", flush=True)


if __name__ == "__main__":
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off", ws="wsproto", proxy_headers=False, backlog=256)
    Server(config).run()
