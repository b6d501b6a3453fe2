"""Keywright's decision about one request, and the parser of its response."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Optional, Union

from .codes import CODES

_PASSED_HEADERS = ("RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{1,1024}")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_RATE_LIMITS_MAX = 16
_COUNT_MAX = 2**53 - 1


@dataclass(frozen=True)
class VerifiedKey:
    """The key that was presented. `site_ids` None means every site of the tenant; `expires_at` is RFC 3339, None if it never expires."""

    id: str
    name: str
    environment: str
    permissions: tuple[str, ...]
    site_ids: Optional[tuple[str, ...]]
    expires_at: Optional[str]


@dataclass(frozen=True)
class VerifiedTenant:
    """The key's tenant."""

    id: str
    name: str


@dataclass(frozen=True)
class RateLimit:
    """One rate limit that applied: `remaining` of `requests` are left in `window_seconds`; the count resets after `reset_seconds`."""

    name: str
    requests: int
    window_seconds: int
    remaining: int
    reset_seconds: Optional[int] = None


@dataclass(frozen=True)
class Admission:
    """The request is admitted. `request_id` identifies this decision in Keywright's explainer."""

    key: VerifiedKey
    tenant: VerifiedTenant
    code: str
    detail: str
    request_id: str
    rate_limits: tuple[RateLimit, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    allowed: Literal[True] = True


@dataclass(frozen=True)
class Denial:
    """The request is refused; `status` is the status to answer. `key` and `tenant` are set only if the full secret was correct."""

    status: int
    code: str
    detail: str
    request_id: str
    rate_limits: tuple[RateLimit, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    type: Optional[str] = None
    key: Optional[VerifiedKey] = None
    tenant: Optional[VerifiedTenant] = None
    allowed: Literal[False] = False


Decision = Union[Admission, Denial]


def deny(code: str, detail: str, headers: Optional[Mapping[str, str]] = None) -> Denial:
    """A refusal without asking Keywright; its request id shows that."""
    return Denial(CODES[code].status, code, detail, f"req_local_{uuid.uuid4().hex}", headers=headers or {})


def unavailable() -> Denial:
    """The denial without a decision: never an admission, and never 401, since the key may be valid."""
    return deny("unavailable", "API keys cannot be checked at the moment. Try again shortly.", {"Retry-After": "1"})


def parse_decision(text: str) -> Optional[Decision]:
    """Parses a response of `POST /api/v1/verify`; None if it is not a decision. Drops unknown fields."""
    value = _parse_json(text)
    if not isinstance(value, dict):
        return None
    status, code, detail, request_id = value.get("status"), value.get("code"), value.get("detail"), value.get("request_id")
    if not isinstance(code, str) or not _CODE.fullmatch(code) or not isinstance(detail, str):
        return None
    if not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
        return None
    whole = _count(status)
    key, tenant = _key(value.get("key")), _tenant(value.get("tenant"))
    rate_limits, headers = _rate_limits(value.get("rate_limits")), _headers(value.get("headers"))
    if value.get("allowed") is True:
        if whole != 200 or key is None or tenant is None:
            return None
        return Admission(key, tenant, code, detail, request_id, rate_limits, headers)
    if value.get("allowed") is not False or whole is None or not 400 <= whole <= 599:
        return None
    page = value.get("type")
    kind = page if isinstance(page, str) and _HEADER_VALUE.fullmatch(page) else None
    return Denial(whole, code, detail, request_id, rate_limits, headers, kind, key, tenant)


def _parse_json(text: str) -> object:
    try:
        value: object = json.loads(text, parse_constant=_no_constant)
        return value
    except (ValueError, RecursionError):
        return None


def _no_constant(_text: str) -> object:
    raise ValueError("NaN and Infinity are no JSON")


def _count(value: object) -> Optional[int]:
    """Whether it is an integer of at least 0, in any notation; True is not."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _COUNT_MAX:
        return None
    return value


def _texts(value: object) -> Optional[tuple[str, ...]]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        return None
    return tuple(value)


def _key(value: object) -> Optional[VerifiedKey]:
    if not isinstance(value, dict):
        return None
    id_, name, environment, expires_at = (value.get(part) for part in ("id", "name", "environment", "expires_at"))
    permissions, site_ids = _texts(value.get("permissions")), _texts(value.get("site_ids"))
    if not isinstance(id_, str) or not isinstance(name, str) or not isinstance(environment, str) or permissions is None:
        return None
    # An absent field is not null: only null means "every site" and "never".
    if site_ids is None and value.get("site_ids", "") is not None:
        return None
    if not isinstance(expires_at, str) and value.get("expires_at", "") is not None:
        return None
    return VerifiedKey(id_, name, environment, permissions, site_ids, expires_at)


def _tenant(value: object) -> Optional[VerifiedTenant]:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not isinstance(value.get("name"), str):
        return None
    return VerifiedTenant(value["id"], value["name"])


def _rate_limits(value: object) -> tuple[RateLimit, ...]:
    limits = [_rate_limit(entry) for entry in value[:_RATE_LIMITS_MAX]] if isinstance(value, list) else []
    return tuple(limit for limit in limits if limit is not None)


def _rate_limit(value: object) -> Optional[RateLimit]:
    if not isinstance(value, dict):
        return None
    name = value.get("name")
    if not isinstance(name, str) or not _HEADER_VALUE.fullmatch(name):
        return None
    requests, window, remaining = (_count(value.get(part)) for part in ("requests", "window_seconds", "remaining"))
    if requests is None or window is None or remaining is None:
        return None
    return RateLimit(name, requests, window, remaining, _count(value.get("reset_seconds")))


def _headers(value: object) -> dict[str, str]:
    """Keeps only headers of a decision, with values that cannot end a header line."""
    if not isinstance(value, dict):
        return {}
    passed = {known.lower(): known for known in _PASSED_HEADERS}
    return {
        passed[name.lower()]: text
        for name, text in value.items()
        if name.lower() in passed and isinstance(text, str) and _HEADER_VALUE.fullmatch(text)
    }
