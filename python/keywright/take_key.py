"""The one raw key of a request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Union

from .decision import Denial, deny

RAW_KEY_CHARACTERS_MAX = 512
"""Longer values are not keys and are refused without asking Keywright."""
HEADER_LINES_MAX = 100


def take_key(lines: Iterable[tuple[str, str]]) -> Union[str, Denial]:
    """The raw key among header lines (name, value), or the refusal: 400 `multiple_credentials` for two keys, or a key beside
    `Authorization`; 401 `key_missing` for none or a blank one; 401 `key_invalid` for one of impossible length; 431 for more than
    100 header lines."""
    all_lines = list(lines)
    if len(all_lines) > HEADER_LINES_MAX:
        return deny("headers_too_large", f"The request has more than {HEADER_LINES_MAX} header lines. Send fewer.")
    names = [name.lower() for name, _value in all_lines]
    found = [value for name, (_name, value) in zip(names, all_lines) if name == "x-api-key"]
    if len(found) > 1 or any(_contains_two(value) for value in found):
        return deny("multiple_credentials", "The request has more than one X-API-Key. Send exactly one.")
    if found and "authorization" in names:
        return deny("multiple_credentials", "The request has both X-API-Key and Authorization. Send only X-API-Key.")
    if not found or not found[0].strip():
        return deny("key_missing", "Send the API key in the X-API-Key header.")
    if len(found[0]) > RAW_KEY_CHARACTERS_MAX:
        return deny("key_invalid", f"The value of X-API-Key has more than {RAW_KEY_CHARACTERS_MAX} characters: it is not an API key.")
    return found[0]


def _contains_two(value: str) -> bool:
    """Proxies and WSGI servers join repeated lines with a comma (RFC 9110, 5.3), blank ones too; no key contains one."""
    return "," in value
