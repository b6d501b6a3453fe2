"""Paths that two parsers could read differently: the same rule as the server's and the JavaScript guards'."""

from __future__ import annotations

import re

_AS_SENT = re.compile(
    r"""
    (?: [!$&'()*+,:=@A-Za-z0-9._~"<>\[\]^`{|}/-]        # as it stands
      | %(?!2[DEFdef]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaCcFf]|6[1-9A-Fa-f]|7[0-9AaFf]|25)[2-7][0-9A-Fa-f]
      | %[C-Fc-f][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f])+
    )*
    """,
    re.VERBOSE,
)
_SEGMENTS = re.compile(r"/(?:(?!\.\.?(?:/|\Z))[^/]+/)*(?!\.\.?\Z)[^/]*")
_ESCAPES = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


def is_ambiguous_path(path: str) -> bool:
    """For a raw path, percent-encoded, without its query. Ambiguous: no leading `/`; `//`; `.` and
    `..` as a segment; backslash, `;`, `#`, `?`, white space, controls and anything above ASCII; encoded slashes, backslashes, percents,
    controls, letters, digits, `.`, `-`, `_`; a malformed escape; escapes that are not the shortest UTF-8 of a character."""
    if _SEGMENTS.fullmatch(path) is None or _AS_SENT.fullmatch(path) is None:
        return True
    return any(_is_no_text(found) for found in _ESCAPES.findall(path))


def is_ambiguous_decoded(path: str) -> bool:
    """For a decoded path of a server that does not pass on the raw one: detects the ambiguities that remain visible."""
    if path == "":
        return False
    return _SEGMENTS.fullmatch(path) is None or "\\" in path or "%" in path or _CONTROLS.search(path) is not None or "\ufffd" in path


def _is_no_text(escapes: str) -> bool:
    try:
        return _CONTROLS.search(bytes.fromhex(escapes.replace("%", "")).decode("utf-8")) is not None
    except UnicodeDecodeError:
        return True
