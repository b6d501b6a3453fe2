"""Status and title of every code that can refuse a keyed request. A test compares it with the JavaScript client's table."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    status: int
    title: str


CODES = {
    "invalid_request": Code(400, "The request is malformed"),
    "ambiguous_path": Code(400, "The path is ambiguous"),
    "multiple_credentials": Code(400, "More than one credential was sent"),
    "key_missing": Code(401, "No API key was sent"),
    "key_invalid": Code(401, "The API key is not valid"),
    "key_expired": Code(401, "The API key has expired"),
    "key_revoked": Code(401, "The API key was revoked"),
    "key_rotated": Code(401, "This secret was replaced"),
    "key_paused": Code(403, "The API key is paused"),
    "tenant_suspended": Code(403, "The tenant is suspended"),
    "ip_not_allowed": Code(403, "The key may not be used from this address"),
    "client_not_allowed": Code(403, "The key may not be used from a browser or an app"),
    "environment_mismatch": Code(403, "The key is for another environment"),
    "capability_not_in_plan": Code(403, "The plan does not include this"),
    "permission_missing": Code(403, "The key does not have the required permission"),
    "not_found": Code(404, "Not found"),
    "rate_limited": Code(429, "Too many requests"),
    "quota_exceeded": Code(429, "The quota of this period is used up"),
    "too_many_auth_failures": Code(429, "Too many wrong keys from this address"),
    "too_many_refusals": Code(429, "Too many refused requests with this key"),
    "headers_too_large": Code(431, "The headers are too large or too many"),
    "internal_error": Code(500, "An internal error occurred"),
    "unavailable": Code(503, "Temporarily unavailable"),
}
