"""The guard of one route: which question a request asks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional, Union, cast

from .decision import Decision, Denial, deny, unavailable
from .incoming import HeaderLines, Request
from .report import KeywrightError, OnError
from .take_key import take_key
from .verifier import Question, RequestFacts

Text = Union[str, Callable[[Request], Optional[str]]]
Texts = Union[str, Sequence[str], Callable[[Request], Union[str, Sequence[str], None]]]
Cost = Union[int, Callable[[Request], Optional[int]]]
Limits = Union[Mapping[str, int], Callable[[Request], Optional[Mapping[str, int]]]]
"""Each a constant, or what a request says; a function that has nothing to say (None) refuses the request."""


class Absent:
    """A rule that was not given. None is no absence: it is a rule without a usable value."""


ABSENT = Absent()

_ID_UNITS_MAX = 128
"""In UTF-16 units, longer than any id there is: what is cut here names nothing."""
_UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_COST_MAX = 1_000_000
_LIMITS_MAX = 8
_LIMIT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class Rules:
    """What a route asks of a key. Every rule that is given must hold; none given means: any key that lives.

    `tenant`: keys of other tenants get 404. `site`: within the tenant. `permission`: one, or several that are all needed. `cost`: what
    the request counts against the rate limits. `limits`: named limits of the plan that the request spends as well, `{"exports": 5}`.
    Raises `TypeError` for a rule that can never hold, since leaving it out would open the route.
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
    ) -> None:
        readers = (
            _reader("tenant", "tenant_id", tenant, _id),
            _reader("site", "site_id", site, _id),
            _reader("permission", "permissions", permission, _texts),
            _reader("capability", "capability", capability, _text),
            _reader("cost", "cost", cost, _cost),
            _reader("limits", "limits", limits, _limits),
        )
        self._readers = [read for read in readers if read is not None]

    def question(self, request: Request, lines: HeaderLines, facts: RequestFacts, report: OnError) -> Union[Question, Denial]:
        """What Keywright is to be asked, or the refusal that needs no asking. Never raises."""
        taken = take_key(lines)
        if isinstance(taken, Denial):
            return taken
        question: dict[str, Any] = {"raw_key": taken}
        try:
            for read in self._readers:
                question.update(read(request))
        except KeywrightError as error:
            report(error)
            return deny("internal_error", "This API cannot tell what the request needs. Tell its operator the request id.")
        except Exception:
            return unavailable()
        question["request"] = facts
        return cast(Question, question)


def _reader(
    name: str, field: str, rule: object, parse: Callable[[object], object]
) -> Optional[Callable[[Request], dict[str, object]]]:
    """Reads one rule into its part of the question; a constant is read once, here."""
    if isinstance(rule, Absent):
        return None
    if not callable(rule):
        try:
            part = {field: parse(rule)}
        except ValueError:
            raise TypeError(f'guard: the rule "{name}" has no usable value') from None
        return lambda _request: part
    asked: Callable[[Request], object] = rule

    def read(request: Request) -> dict[str, object]:
        try:
            return {field: parse(asked(request))}
        except Exception:
            raise KeywrightError("misconfigured", f'The rule "{name}" of a guard gave no usable value for a request') from None

    return read


def _text(value: object) -> str:
    if not isinstance(value, str) or value == "":
        raise ValueError("not a text")
    return value


def _id(value: object) -> str:
    """An id from a path may be any text, and it is Keywright that answers whether it names something, after the key was checked.
    What cannot be sent becomes a character that no id has."""
    units = _text(value)[:_ID_UNITS_MAX].encode("utf-16-le", "surrogatepass")[: 2 * _ID_UNITS_MAX]
    return _UNSENDABLE.sub("\ufffd", units.decode("utf-16-le", "replace"))


def _texts(value: object) -> list[str]:
    entries: Sequence[object] = value if isinstance(value, (list, tuple)) else [value]
    if not entries:
        raise ValueError("no permission")
    return [_text(entry) for entry in entries]


def _cost(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _COST_MAX:
        raise ValueError("not a cost")
    return value


def _limits(value: object) -> list[dict[str, object]]:
    if not isinstance(value, Mapping) or len(value) > _LIMITS_MAX:
        raise ValueError("no map of limits")
    if not all(isinstance(name, str) and _LIMIT_NAME.fullmatch(name) for name in value):
        raise ValueError("not limits")
    return [{"name": name, "cost": _cost(spent)} for name, spent in value.items()]
