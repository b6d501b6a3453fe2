import json

import pytest
from peer import admitted, denied

from keywright import RateLimit
from keywright.decision import parse_decision


def parse(answer):
    return parse_decision(json.dumps(answer))


def test_every_field_of_an_admission_is_parsed():
    decision = parse(admitted(headers={"ratelimit": '"b";r=1', "Set-Cookie": "a=b", "Retry-After": "1\r\nX: y"}, unknown=1))
    assert decision.allowed and decision.status == 200
    assert (decision.key.id, decision.key.permissions, decision.key.site_ids, decision.key.expires_at) == ("key_1", ("orders:read",), None, None)
    assert decision.tenant.name == "Acme"
    assert decision.rate_limits == (RateLimit("burst", 100, 60, 50, 30),)
    assert decision.headers == {"RateLimit": '"b";r=1'}


def test_a_denial_has_key_and_tenant_if_they_are_known():
    decision = parse(denied(403, "key_paused", key=admitted()["key"], tenant=admitted()["tenant"], type="https://a.example/key_paused"))
    assert not decision.allowed and decision.key.id == "key_1" and decision.type == "https://a.example/key_paused"
    assert parse(denied(401, "key_invalid")).key is None


KEY = admitted()["key"]
NO_DECISIONS = [
    None,
    [],
    "yes",
    {},
    {"allowed": True},
    admitted(status=403),
    admitted(status=True),
    admitted(allowed=1),
    admitted(allowed="true"),
    admitted(key=None),
    admitted(tenant={"id": "acme"}),
    admitted(key={**KEY, "permissions": "orders:read"}),
    admitted(key={**KEY, "permissions": [1]}),
    admitted(key={**KEY, "site_ids": "north"}),
    admitted(key={name: value for name, value in KEY.items() if name != "site_ids"}),
    admitted(key={name: value for name, value in KEY.items() if name != "expires_at"}),
    admitted(code="Allowed"),
    admitted(code="allowed\n"),
    admitted(request_id="a b"),
    admitted(request_id="a\n"),
    admitted(detail=None),
    denied(200, "key_invalid"),
    denied(399, "key_invalid"),
    denied(600, "key_invalid"),
    denied(401.5, "key_invalid"),
    denied("401", "key_invalid"),
]


@pytest.mark.parametrize("answer", NO_DECISIONS)
def test_an_answer_that_is_not_a_decision_is_none(answer):
    assert parse(answer) is None


@pytest.mark.parametrize(
    "text", ["", "{", '{"allowed":NaN}', "[" * 30_000, "9" * 30_000, "\ufeff" + json.dumps(admitted()), json.dumps(admitted()) + "x"]
)
def test_an_answer_that_is_not_json_is_none(text):
    assert parse_decision(text) is None


def test_an_invalid_rate_limit_is_left_out():
    good = {"name": "a", "requests": 1, "window_seconds": 1, "remaining": 0}
    odd = [{**good, "name": "a\r\nb"}, {**good, "requests": -1}, {**good, "remaining": True}, {**good, "requests": 1e300}, 7, good]
    assert [limit.name for limit in parse(admitted(rate_limits=odd)).rate_limits] == ["a"]
    assert len(parse(admitted(rate_limits=[good] * 99)).rate_limits) == 16
