"""Reports to the operator why there is no decision."""

from __future__ import annotations

import logging
import time
from typing import Callable, Literal, Optional, Union

Reason = Literal[
    "timeout",
    "network",
    "overloaded",
    "closed",
    "redirect",
    "credential_refused",
    "question_refused",
    "server_error",
    "answer_too_large",
    "answer_malformed",
    "misconfigured",
]

_WARNING_INTERVAL_SECONDS = 60.0
_log = logging.getLogger("keywright")


class KeywrightError(Exception):
    """For the operator. Contains no raw key, no credential and no part of a response.

    `credential_refused`: the service credential is not valid. `question_refused`: Keywright rejected the question.
    `misconfigured`: a rule of the guard returned no usable value for this request.
    """

    def __init__(self, reason: Reason, message: str, evidence: Optional[Union[int, str]] = None) -> None:
        super().__init__(message if evidence is None else f"{message} ({evidence})")
        self.reason: Reason = reason
        self.evidence = evidence


OnError = Callable[[KeywrightError], object]


def create_reporter(on_error: Optional[OnError]) -> OnError:
    """Calls `on_error` and ignores its failures. Without one, logs a warning to `keywright` at most once a minute."""
    if on_error is None:
        return _warner()
    if not callable(on_error):
        raise TypeError("on_error: give a function")
    callback = on_error

    def report(error: KeywrightError) -> None:
        try:
            callback(error)
        except Exception:  # A broken logger must not turn a refusal into a crash.
            pass

    return report


def _warner() -> OnError:
    quiet_until = 0.0

    def report(error: KeywrightError) -> None:
        nonlocal quiet_until
        now = time.monotonic()
        if now < quiet_until:
            return
        quiet_until = now + _WARNING_INTERVAL_SECONDS
        _log.warning("%s [%s]", error, error.reason)

    return report
