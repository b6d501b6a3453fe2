"""The response of a denial, the same in every framework and language."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Optional

from .codes import CODES
from .decision import Decision, Denial, RateLimit

_DEFAULT_REALM = "api"
_DEFAULT_TYPE_BASE = "urn:keywright:error:"
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True)
class ProblemOptions:
    """`realm`: the realm in the challenge of a 401. `type_base`: prefix of the code in `type`, such as `https://example.com/errors/`;
    default: Keywright's page, else a URN."""

    realm: Optional[str] = None
    type_base: Optional[str] = None


@dataclass(frozen=True)
class Problem:
    """A complete response: send the status, each header, and the body unchanged."""

    status: int
    headers: dict[str, str]
    body: bytes


def problem_of(denial: Denial, options: Optional[ProblemOptions] = None) -> Problem:
    """Converts a denial to an `application/problem+json` response (RFC 9457)."""
    chosen = options or ProblemOptions()
    body = {
        "type": _type_of(denial, chosen),
        "title": CODES[denial.code].title if denial.code in CODES else phrase_of(denial.status),
        "status": denial.status,
        "detail": denial.detail,
        "instance": f"urn:keywright:request:{denial.request_id}",
        "code": denial.code,
        "request_id": denial.request_id,
    }
    headers = {
        "Content-Type": "application/problem+json",
        "X-Request-Id": denial.request_id,
        "X-Content-Type-Options": "nosniff",
        **headers_of(denial),
    }
    if denial.status == 401:
        headers["WWW-Authenticate"] = _challenge_of(denial, chosen)
    if denial.status in (429, 503):
        headers.setdefault("Retry-After", "1")
    return Problem(denial.status, headers, json.dumps(body, separators=(",", ":")).encode("ascii"))


def headers_of(decision: Decision) -> dict[str, str]:
    """Headers of every keyed response: rate limits, and `no-store`, because caches exempt only requests with `Authorization` (RFC 9111)."""
    return {"Cache-Control": "no-store", **_rate_limit_headers(decision.rate_limits), **decision.headers}


def phrase_of(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"


def _type_of(denial: Denial, options: ProblemOptions) -> str:
    if options.type_base is None and denial.type is not None:
        return denial.type
    return (_DEFAULT_TYPE_BASE if options.type_base is None else options.type_base) + denial.code


def _challenge_of(denial: Denial, options: ProblemOptions) -> str:
    answered = denial.headers.get("WWW-Authenticate")
    if answered is not None and options.realm is None:
        return answered
    return f"ApiKey realm={_quote(_DEFAULT_REALM if options.realm is None else options.realm)}"


def _rate_limit_headers(limits: tuple[RateLimit, ...]) -> dict[str, str]:
    """`RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers."""
    if not limits:
        return {}
    left = (f"{_quote(one.name)};r={one.remaining}" + ("" if one.reset_seconds is None else f";t={one.reset_seconds}") for one in limits)
    policies = (f"{_quote(one.name)};q={one.requests};w={one.window_seconds}" for one in limits)
    return {"RateLimit": ", ".join(left), "RateLimit-Policy": ", ".join(policies)}


def _quote(text: str) -> str:
    """A string of RFC 8941 or RFC 9110: printable ASCII between quotes."""
    printable = _UNPRINTABLE.sub("", text)
    escaped = printable.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
