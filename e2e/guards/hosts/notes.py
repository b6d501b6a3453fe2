"""What the Python hosts share: their guard's options, what handlers noted, and how `item` is noted."""

import hashlib
import json
import os
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "python"))

HANDLED: list = []
ERRORS: list = []

OPTIONS = {
    "url": os.environ["KEYWRIGHT_URL"],
    "credential": os.environ["KEYWRIGHT_CREDENTIAL"],
    "timeout_ms": 2000,
    "realm": "orders",
    "on_error": lambda error: ERRORS.append({"reason": error.reason}),
}


def weight(request):
    text = request.query("weight")
    return int(text) if text and text.lstrip("-").isdigit() else None


def tenant(request):
    return request.segment(1)


ORDERS_READ = {"tenant": tenant, "permission": "orders:read"}
ORDERS_WRITE = {"tenant": tenant, "permission": ["orders:read", "orders:write"]}
EXPORTS = {
    "tenant": tenant,
    "site": lambda request: request.segment(3),
    "permission": "exports:read",
    "capability": "exports",
    "cost": weight,
    "limits": lambda request: {"exports": weight(request)},
    "budgets": lambda request: {"credits": 25 * weight(request), "calls": 0},
}
async def later(request):
    return {"exports": 5}


class Anything:
    pass


LATE = {"tenant": tenant, "limits": later}
WRONG_RULES = [
    {"permissions": "orders:read"},
    {"tenant": None},
    {"tenant": 5},
    {"tenant": "acme/orders"},
    {"site": "a" * 65},
    {"permission": "orders"},
    {"permission": []},
    {"permission": ["orders:read", "Orders:Write"]},
    {"permission": [f"orders:p{index}" for index in range(40)]},
    {"capability": "Foo Bar"},
    {"cost": 0},
    {"cost": "5"},
    {"limits": [("exports", 5)]},
    {"limits": {"Exports": 5}},
    {"budgets": [("credits", 5)]},
    {"budgets": {"credits": -1}},
    {"budgets": {"credits": True}},
    {"budget": {"credits": 5}},
    {"limits": Anything()},
]


def accepted(guard, app):
    """The rules that were not refused at start: there should be none."""
    found = []
    for rules in WRONG_RULES:
        try:
            guard(app, **rules)
            found.append(repr(rules))
        except TypeError:
            pass
    return {"accepted": found}


BROKEN = {"tenant": lambda request: None, "permission": "orders:read"}


def route_of(method, path):
    """The name of the route of a decoded path, as in `../README.md`."""
    parts = path.split("/")[1:]
    method = "GET" if method == "HEAD" else method
    if path in ("/free", "/any", "/__seen", "/__start"):
        return (method, path)
    if path == "/__reset":
        return (method, path)
    if len(parts) == 3 and parts[0] == "tenants" and parts[2] == "orders":
        return (method, "orders")
    if len(parts) == 5 and parts[0] == "tenants" and parts[2] == "sites" and parts[4] == "exports":
        return (method, "exports")
    if len(parts) == 2 and parts[0] in ("broken", "late"):
        return (method, parts[0])
    return (method, None)


def item_note(body):
    return {"item_sha256": hashlib.sha256(json.loads(body)["item"].encode("utf-8")).hexdigest()}


def seen():
    return {"handled": HANDLED, "errors": ERRORS}


def reset():
    HANDLED.clear()
    ERRORS.clear()
