import json
import logging

import pytest
from peer import RAW_KEY, denied

from keywright.decision import Denial, parse_decision
from keywright.guard import Rules
from keywright.incoming import Request, facts_of
from keywright.problem import ProblemOptions, problem_of
from keywright.report import KeywrightError, create_reporter

LINES = [("X-API-Key", RAW_KEY)]
FACTS = {"method": "GET", "path": "/"}


def request(path="/tenants/acme/orders", query="", lines=()):
    return Request("GET", path, query, list(lines))


def ask(rules, **about):
    reasons = []
    asked = rules.question(request(**about), LINES, FACTS, lambda error: reasons.append(error.reason))
    return asked, reasons


def test_rules_become_one_question():
    rules = Rules(tenant=lambda r: r.segment(1), site="north", permission=("a:b", "c:d"), capability="x", cost=lambda r: 5, limits={"exports": 5}, budgets=lambda r: {"credits": 25, "calls": 0})
    asked, _reasons = ask(rules)
    assert asked == {
        "raw_key": RAW_KEY,
        "tenant_id": "acme",
        "site_id": "north",
        "permissions": ["a:b", "c:d"],
        "capability": "x",
        "cost": 5,
        "limits": [{"name": "exports", "cost": 5}],
        "budgets": {"credits": 25, "calls": 0},
        "request": FACTS,
    }
    assert ask(Rules())[0] == {"raw_key": RAW_KEY, "request": FACTS}


UNUSABLE = [
    {"tenant": None},
    {"tenant": ""},
    {"tenant": 5},
    {"permission": []},
    {"permission": ["a", ""]},
    {"permission": None},
    {"capability": b"x"},
    {"cost": 0},
    {"cost": True},
    {"cost": 1.5},
    {"cost": "5"},
    {"cost": 1_000_001},
    {"limits": {"a": 0}},
    {"limits": {"A": 1}},
    {"limits": {"a\n": 1}},
    {"limits": [("a", 1)]},
    {"limits": {f"a{n}": 1 for n in range(9)}},
    {"budgets": None},
    {"budgets": {"credits": -1}},
    {"budgets": {"credits": True}},
    {"budgets": {"credits": 1.0}},
    {"budgets": {"credits": 1_000_001}},
    {"budgets": {"credits": "5"}},
    {"budgets": {"Credits": 1}},
    {"budgets": {5: 1}},
    {"budgets": [("credits", 5)]},
    {"budgets": {f"a{n}": 1 for n in range(5)}},
]


@pytest.mark.parametrize("rule", UNUSABLE)
def test_an_unusable_rule_fails_at_start_as_a_constant_and_closes_the_route_as_a_function(rule):
    with pytest.raises(TypeError):
        Rules(**rule)
    ((name, value),) = rule.items()
    asked, reasons = ask(Rules(**{name: lambda _r: value}))
    assert isinstance(asked, Denial) and (asked.status, asked.code) == (500, "internal_error")
    assert reasons == ["misconfigured"]


def test_a_misspelt_rule_fails_at_start_and_one_that_raises_closes_the_route():
    with pytest.raises(TypeError):
        Rules(tennant="acme")
    asked, reasons = ask(Rules(tenant=lambda r: r.segment(99).lower()))
    assert asked.status == 500 and reasons == ["misconfigured"]


@pytest.mark.parametrize(
    "given, sent",
    [("caf\u00e9", "caf\u00e9"), ("a\nb\x7f\x9f", "a\ufffdb\ufffd\ufffd"), ("\ud800x", "\ufffdx"), ("a" * 200, "a" * 128), ("\U0001f600" * 99, "\U0001f600" * 64)],
)
def test_an_id_may_be_any_text_and_characters_that_cannot_be_sent_are_replaced(given, sent):
    asked, _reasons = ask(Rules(tenant=lambda _r: given))
    assert asked["tenant_id"] == sent
    json.dumps(asked).encode()


def test_a_repeated_field_has_no_value():
    asked = request(query="weight=5&x=1&x=2&empty=", lines=[("A", "1"), ("B", "1"), ("b", "2")])
    assert [asked.query(name) for name in ("weight", "x", "empty", "none")] == ["5", None, "", None]
    assert [asked.header(name) for name in ("a", "B", "c")] == ["1", None, None]
    assert request(query="&".join("a=1" for _ in range(2000))).query("a") is None
    assert [request(path="/a//c").segment(index) for index in (0, 1, 2, 3, -1)] == ["a", None, "c", None, None]


def test_request_details_are_truncated_and_have_no_query():
    lines = [("User-Agent", "u" * 999), ("X-Keywright-Client", "c" * 999), ("Origin", "o" * 999), ("Sec-Fetch-Site", "s" * 99)]
    facts = facts_of("GET", "/a?secret=1", "1" * 99, lines)
    assert {name: len(text) for name, text in facts.items()} == {"method": 3, "path": 2, "ip": 64, "user_agent": 512, "client": 512, "origin": 512, "sec_fetch_site": 64}
    assert len(facts_of("GET", "/" + "a" * 9999, None, [])["path"]) == 2048
    assert facts_of("GET", "/", "", []) == {"method": "GET", "path": "/"}


def test_a_realm_cannot_end_its_header():
    denial = parse_decision(json.dumps(denied(401, "key_invalid")))
    challenge = problem_of(denial, ProblemOptions(realm='a"\r\n\\b')).headers["WWW-Authenticate"]
    assert challenge == 'ApiKey realm="a\\"\\\\b"'
    answered = parse_decision(json.dumps(denied(401, "key_invalid", headers={"www-authenticate": 'ApiKey realm="kw"'})))
    assert problem_of(answered).headers["WWW-Authenticate"] == 'ApiKey realm="kw"'
    assert json.loads(problem_of(answered, ProblemOptions(type_base="https://a.example/")).body)["type"] == "https://a.example/key_invalid"


def test_a_broken_on_error_changes_no_answer_and_the_log_warns_once_a_minute(caplog):
    error = KeywrightError("timeout", "Keywright did not answer in time")
    create_reporter(lambda _error: 1 / 0)(error)
    report = create_reporter(None)
    with caplog.at_level(logging.WARNING, logger="keywright"):
        report(error)
        report(error)
    assert [record.getMessage() for record in caplog.records] == ["Keywright did not answer in time [timeout]"]
