"""Each rule of each adapter with each kind of value that Python has: right, refused at start, or closed; never open."""

import asyncio
import json
import re
import types

import pytest
from kinds import ADAPTERS, KINDS, REFUSED, AdmitsAll, coroutine_function, raising
from peer import RAW_KEY, admitted

from keywright import Admission, Denial, asgi, wsgi
from keywright.decision import parse_decision
from keywright.guard import Rules

RIGHT = {
    "tenant": lambda asked: isinstance(asked["tenant_id"], str) and 0 < len(asked["tenant_id"]) <= 128,
    "site": lambda asked: isinstance(asked["site_id"], str) and 0 < len(asked["site_id"]) <= 128,
    "permission": lambda asked: 0 < len(asked["permissions"]) <= 32 and all(re.fullmatch("[a-z]+:[a-z0-9]+", one) for one in asked["permissions"]),
    "capability": lambda asked: re.fullmatch("[a-z][a-z0-9_]{0,63}", asked["capability"]) is not None,
    "cost": lambda asked: isinstance(asked["cost"], int) and asked["cost"] > 0,
    "limits": lambda asked: all(entry["cost"] > 0 for entry in asked["limits"]),
    "budgets": lambda asked: all(isinstance(cost, int) and cost >= 0 for cost in asked["budgets"].values()),
}


# A coroutine that no one awaited fails the test; a socket that an earlier test left to the garbage collector does not.
@pytest.mark.filterwarnings("error::RuntimeWarning", "error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("rule", RIGHT)
def test_a_rule_of_any_type_is_valid_or_refused_at_start_or_closes_its_route(adapter, rule):
    for kind, make in KINDS.items():
        for value in (make(), lambda _request: make(), coroutine_function):
            verifier = AdmitsAll()
            met = ADAPTERS[adapter]({"verifier": verifier, "on_error": lambda _error: None}, {rule: value})
            if met == REFUSED:
                continue
            if met[1]:
                assert len(verifier.asked) == 1 and RIGHT[rule](verifier.asked[0]), f"{rule}: {kind} opened the route"
            else:
                assert met[0] in (400, 500, 503), f"{rule}: {kind}: {met}"


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_only_an_admission_opens_the_route(adapter):
    whole = parse_decision(json.dumps(admitted()))
    halves = [
        Admission(None, whole.tenant, "allowed", "", "req_1"),
        Admission(whole.key, "acme", "allowed", "", "req_1"),
        Admission(whole.key, whole.tenant, "allowed", "", "req_1", status=403),
        Admission(whole.key, whole.tenant, "allowed", "", "req_1", allowed=1),
        Denial(200, "allowed", "", "req_1"),
        Denial(True, "allowed", "", "req_1"),
        Denial(403, "key_paused", "", "req_1", allowed=True),
        types.SimpleNamespace(allowed=True, key=whole.key, tenant=whole.tenant, rate_limits=(), headers={}, status=200),
        admitted(),
    ]
    for answer in [*KINDS.values(), *(lambda half=half: half for half in halves), raising]:
        reasons = []
        options = {"verifier": AdmitsAll(answer), "on_error": lambda error: reasons.append(error.reason)}
        assert ADAPTERS[adapter](options, {}) == (503, False), answer
        assert reasons == ["answer_malformed"]


def test_a_guard_wraps_an_app_and_accepts_only_rules():
    guards = [wsgi.Guard(verifier=AdmitsAll()), asgi.Guard(verifier=AdmitsAll())]
    for make in KINDS.values():
        value = make()
        for guard in guards:
            with pytest.raises(TypeError):
                guard(lambda *_args: [], value)
            if not callable(value):
                with pytest.raises(TypeError):
                    guard(value)
        if not isinstance(value, Rules):
            with pytest.raises(TypeError):
                guards[0].check({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_X_API_KEY": RAW_KEY}, value)
            with pytest.raises(TypeError):
                asyncio.run(guards[1].check({"type": "http", "method": "GET", "path": "/", "headers": []}, value))


CAN_NEVER_HOLD = [
    {"permission": "orders"},
    {"permission": ["orders:read", "Orders:Write"]},
    {"permission": [f"orders:p{index}" for index in range(40)]},
    {"capability": "Foo Bar"},
    {"tenant": "acme/orders"},
    {"site": "a" * 65},
    {"limits": {"Exports": 5}},
    {"budgets": {"Credits": 5}},
]


@pytest.mark.parametrize("rule", CAN_NEVER_HOLD)
def test_a_constant_that_can_never_be_valid_is_refused_at_start(rule):
    with pytest.raises(TypeError):
        Rules(**rule)
