"""The guard of one route: builds the question of a request."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional, Union, cast

from .decision import Denial, deny, unavailable
from .incoming import HeaderLines, Request
from .report import KeywrightError, OnError
from .take_key import take_key
from .verifier import Question, RequestFacts

Text = Union[str, Callable[[Request], Optional[str]]]
Texts = Union[str, Sequence[str], Callable[[Request], Union[str, Sequence[str], None]]]
Cost = Union[int, Callable[[Request], Optional[int]]]
Limits = Union[Mapping[str, int], Callable[[Request], Optional[Mapping[str, int]]]]
Budgets = Limits
"""A constant or a function of the request; a function that returns None refuses the request."""


class Absent:
    """Marks an absent rule. None is not absent: it is a rule without a usable value."""


ABSENT = Absent()

_ID_UNITS_MAX = 128
"""In UTF-16 units, longer than any id, so that a truncated id matches nothing."""
_UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_COST_MAX = 1_000_000
_LIMITS_MAX = 8
_BUDGETS_MAX = 4
_PERMISSIONS_MAX = 32
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Keywright's name patterns; other constants can never match."""
_PERMISSION = re.compile(r"[a-z][a-z0-9_]{0,31}:[a-z][a-z0-9_]{0,31}")
_CAPABILITY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LIMIT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class Rules:
    """What a route requires of a key. Every given rule must hold; without rules any valid key is admitted.

    `tenant`: keys of other tenants get 404. `site`: within the tenant. `permission`: one, or several that are all required. `cost`: the
    request's cost against the rate limits, the quota and the budgets of the key. `limits`: named limits of the plan that the request also
    spends, `{"exports": 5}`. `budgets`: budgets of the key that it spends at another cost, 0 for none, `{"credits": 25}`.
    Raises `TypeError` for a rule that can never be valid, because ignoring it would open the route.
    """

    def __init__(
        self,
        *,
        tenant: Union[Text, Absent] = ABSENT,
        site: Union[Text, Absent] = ABSENT,
        permission: Union[Texts, Absent] = ABSENT,
        capability: Union[Text, Absent] = ABSENT,
        cost: Union[Cost, Absent] = ABSENT,
        limits: Union[Limits, Absent] = ABSENT,
        budgets: Union[Budgets, Absent] = ABSENT,
    ) -> None:
        readers = (
            _reader("tenant", "tenant_id", tenant, _id, _ID),
            _reader("site", "site_id", site, _id, _ID),
            _reader("permission", "permissions", permission, _permissions),
            _reader("capability", "capability", capability, lambda value: _text(value, _CAPABILITY)),
            _reader("cost", "cost", cost, _cost),
            _reader("limits", "limits", limits, _limits),
            _reader("budgets", "budgets", budgets, _budgets),
        )
        self._readers = [read for read in readers if read is not None]

    def question(self, request: Request, lines: HeaderLines, facts: RequestFacts, report: OnError) -> Union[Question, Denial]:
        """Builds the question, or a refusal that needs no question. Never raises."""
        taken = take_key(lines)
        if isinstance(taken, Denial):
            return taken
        if request.is_ambiguous:
            return deny("ambiguous_path", "Send the path without `..`, `//`, backslashes, needless percent-encoding and a host.")
        question: dict[str, Any] = {"raw_key": taken}
        try:
            for read in self._readers:
                question.update(read(request))
        except KeywrightError as error:
            # A repeated query field has no value, so this can be the caller's mistake.
            if request.repeats_a_field():
                return deny("invalid_request", "A field of the query was sent more than once. Send it once.")
            if request.spans_parts():
                return deny("ambiguous_path", "A parameter in the path contains a slash. Send one part of the path for it.")
            report(error)
            return deny("internal_error", "This API cannot tell what the request needs. Send the request id to its operator.")
        except Exception:
            return unavailable()
        question["request"] = facts
        return cast(Question, question)


def _reader(
    name: str, field: str, rule: object, parse: Callable[[object], object], constant: Optional[re.Pattern[str]] = None
) -> Optional[Callable[[Request], dict[str, object]]]:
    """Creates the reader of one rule. A constant is read once, here, and must match `constant` too."""
    if isinstance(rule, Absent):
        return None
    if not callable(rule):
        try:
            part = {field: parse(rule if constant is None else _text(rule, constant))}
        except Exception:
            raise TypeError(f'guard: the rule "{name}" has no usable value') from None
        return lambda _request: part
    asked: Callable[[Request], object] = rule

    def read(request: Request) -> dict[str, object]:
        value: object = None
        try:
            value = asked(request)
            return {field: parse(value)}
        except Exception:
            if inspect.iscoroutine(value):  # An asynchronous rule, which is never awaited.
                value.close()
            raise KeywrightError("misconfigured", f'The rule "{name}" of a guard gave no usable value for a request') from None

    return read


def _text(value: object, shape: re.Pattern[str]) -> str:
    if not isinstance(value, str) or shape.fullmatch(value) is None:
        raise ValueError("not a text of this shape")
    return value


def _id(value: object) -> str:
    """An id from a path may be any text; Keywright decides whether it exists, after it has checked the key. Characters that cannot be
    sent are replaced by one that no id contains."""
    if not isinstance(value, str) or value == "":
        raise ValueError("not a text")
    units = value[:_ID_UNITS_MAX].encode("utf-16-le", "surrogatepass")[: 2 * _ID_UNITS_MAX]
    return _UNSENDABLE.sub("\ufffd", units.decode("utf-16-le", "replace"))


def _permissions(value: object) -> list[str]:
    entries: Sequence[object] = value if isinstance(value, (list, tuple)) else [value]
    found = [_text(entry, _PERMISSION) for entry in entries]
    if not 1 <= len(found) <= _PERMISSIONS_MAX:
        raise ValueError("not permissions")
    return found


def _cost(value: object, lowest: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= _COST_MAX:
        raise ValueError("not a cost")
    return value


def _limits(value: object) -> list[dict[str, object]]:
    if not isinstance(value, Mapping):
        raise ValueError("no map of limits")
    named: list[dict[str, object]] = [{"name": _text(name, _LIMIT_NAME), "cost": _cost(spent)} for name, spent in value.items()]
    if len(named) > _LIMITS_MAX:
        raise ValueError("too many limits")
    return named


def _budgets(value: object) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise ValueError("no map of budgets")
    named = {_text(name, _LIMIT_NAME): _cost(spent, 0) for name, spent in value.items()}
    if len(named) > _BUDGETS_MAX:
        raise ValueError("too many budgets")
    return named
