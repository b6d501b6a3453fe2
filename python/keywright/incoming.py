"""The request that rules read, independent of the framework."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Optional, cast
from urllib.parse import parse_qsl

from .path import is_ambiguous_decoded, is_ambiguous_path
from .verifier import RequestFacts

HeaderLines = list[tuple[str, str]]

_PATH_CHARACTERS_MAX = 2048
_TEXT_CHARACTERS_MAX = 512
_WORD_CHARACTERS_MAX = 64
_METHOD_CHARACTERS_MAX = 32
_QUERY_FIELDS_MAX = 1000
_BOUNDS = {
    "ip": _WORD_CHARACTERS_MAX,
    "user_agent": _TEXT_CHARACTERS_MAX,
    "client": _TEXT_CHARACTERS_MAX,
    "origin": _TEXT_CHARACTERS_MAX,
    "sec_fetch_site": _WORD_CHARACTERS_MAX,
}


class Request:
    """A request for rules. `path` is percent-decoded, as the guarded app gets it. `params` are the route's parameters, if a framework
    has resolved it already. `sent` is the raw path, if the server passes it on."""

    def __init__(
        self, method: str, path: str, query_string: str, lines: HeaderLines, params: Optional[Mapping[str, object]] = None, sent: Optional[str] = None
    ) -> None:
        self.method = method
        self.path = path
        self.params: Mapping[str, object] = params or {}
        self.is_ambiguous = is_ambiguous_decoded(path) or (sent is not None and is_ambiguous_path(sent))
        self._query_string = query_string
        self._lines = lines

    def segment(self, index: int) -> Optional[str]:
        """A path segment, counted from 0: `acme` is segment 1 of `/tenants/acme/orders`. None if there is none."""
        parts = self.path.split("/")[1:]
        return parts[index] if 0 <= index < len(parts) and parts[index] else None

    def query(self, name: str) -> Optional[str]:
        """A query field; None if it is missing or repeated, since the handler might read the other value."""
        fields = self._fields()
        return None if fields is None else _only(value for found, value in fields if found == name)

    def param(self, name: str) -> Optional[str]:
        """A route parameter as a string; None if there is none or if it spans several path segments."""
        value = self.params.get(name)
        text = None if value is None or isinstance(value, (bytes, bool)) else str(value)
        return None if text is None or "/" in text else text

    def spans_parts(self) -> bool:
        """Whether a route parameter contains a slash, as `<path:…>` allows."""
        return any(isinstance(value, str) and "/" in value for value in self.params.values())

    def repeats_a_field(self) -> bool:
        """Whether a query field is repeated."""
        names = [name for name, _value in self._fields() or []]
        return len(set(names)) < len(names) or self._fields() is None

    def _fields(self) -> Optional[list[tuple[str, str]]]:
        """None if there are too many fields."""
        try:
            return parse_qsl(self._query_string, keep_blank_values=True, max_num_fields=_QUERY_FIELDS_MAX)
        except ValueError:
            return None

    def header(self, name: str) -> Optional[str]:
        """A header, by its case-insensitive name; None if it is missing or repeated."""
        return _only(value for found, value in self._lines if found.lower() == name.lower())


def facts_of(method: str, raw_path: str, ip: Optional[str], lines: HeaderLines) -> RequestFacts:
    """The details of a request for Keywright, truncated to its limits because the caller controls them. `raw_path` is percent-encoded;
    its query is dropped. `ip` is the server's."""
    headers = {name.lower(): value for name, value in lines}
    values: Mapping[str, Optional[str]] = {
        "ip": ip,
        "user_agent": headers.get("user-agent"),
        "client": headers.get("x-keywright-client"),
        "origin": headers.get("origin"),
        "sec_fetch_site": headers.get("sec-fetch-site"),
    }
    facts = {name: text[: _BOUNDS[name]] for name, text in values.items() if text}
    return cast(RequestFacts, {"method": method[:_METHOD_CHARACTERS_MAX], "path": raw_path.split("?", 1)[0][:_PATH_CHARACTERS_MAX], **facts})


def _only(values: Iterable[str]) -> Optional[str]:
    found = list(values)
    return found[0] if len(found) == 1 else None
