"""The core of both adapters."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Optional, Union

from .decision import Admission, Denial, VerifiedKey, VerifiedTenant, unavailable
from .guard import Rules
from .incoming import HeaderLines, Request
from .problem import Problem, ProblemOptions, headers_of, problem_of
from .report import KeywrightError, OnError, create_reporter
from .verifier import Question, RequestFacts, Verifier


@dataclass(frozen=True)
class Arrived:
    """One request: for rules, its header lines, and the details for Keywright."""

    request: Request
    lines: HeaderLines
    facts: RequestFacts


@dataclass(frozen=True)
class Admitted:
    """The request is admitted; `headers` must be set on its response."""

    admission: Admission
    headers: dict[str, str]


Outcome = Union[Admitted, Problem]


class Protection:
    """Options of an app: the address of Keywright and the format of problems. Takes the options of `Verifier`, or a `verifier`."""

    def __init__(
        self,
        url: Optional[str] = None,
        credential: Optional[str] = None,
        *,
        verifier: Optional[Verifier] = None,
        timeout_ms: int = 2000,
        max_concurrent: int = 64,
        on_error: Optional[OnError] = None,
        ssl_context: Optional[ssl.SSLContext] = None,
        realm: Optional[str] = None,
        type_base: Optional[str] = None,
    ) -> None:
        for name, text in (("realm", realm), ("type_base", type_base)):
            if text is not None and (not isinstance(text, str) or not text.isprintable() or not text.isascii()):
                raise TypeError(f"{name}: give a text of printable ASCII")
        if verifier is None:
            if url is None or credential is None:
                raise ValueError("give url and credential, or a verifier")
            self._verifier = Verifier(
                url, credential, timeout_ms=timeout_ms, max_concurrent=max_concurrent, on_error=on_error, ssl_context=ssl_context
            )
        elif url is not None or credential is not None:
            raise ValueError("give url and credential, or a verifier, and not both")
        elif not callable(getattr(verifier, "verify", None)) or not callable(getattr(verifier, "verify_async", None)):
            raise TypeError("verifier: give a Verifier, or what has verify(question) and verify_async(question)")
        else:
            self._verifier = verifier
        self._own = verifier is None
        self._report = create_reporter(on_error)
        self._problems = ProblemOptions(realm, type_base)

    def decide(self, rules: Rules, arrived: Arrived) -> Outcome:
        question = self._question(rules, arrived)
        if isinstance(question, Denial):
            return problem_of(question, self._problems)
        try:
            return self._outcome(self._verifier.verify(question))
        except Exception:
            return self._outcome(None)

    async def decide_async(self, rules: Rules, arrived: Arrived) -> Outcome:
        question = self._question(rules, arrived)
        if isinstance(question, Denial):
            return problem_of(question, self._problems)
        try:
            return self._outcome(await self._verifier.verify_async(question))
        except Exception:
            return self._outcome(None)

    def close(self) -> None:
        """Closes the verifier, unless the caller passed it in."""
        if self._own:
            self._verifier.close()

    def _question(self, rules: Rules, arrived: Arrived) -> Union[Question, Denial]:
        if not isinstance(rules, Rules):
            raise TypeError("guard: give Rules(...)")
        return rules.question(arrived.request, arrived.lines, arrived.facts, self._report)

    def _outcome(self, decision: object) -> Outcome:
        """Only a complete `Admission` admits; anything but a decision is a refusal."""
        admission = _whole(decision)
        if admission is not None:
            return Admitted(admission, headers_of(admission))
        if isinstance(decision, Denial) and decision.allowed is False and _is_refusal(decision.status):
            return problem_of(decision, self._problems)
        self._report(KeywrightError("answer_malformed", "The verifier gave something that is no decision"))
        return problem_of(unavailable(), self._problems)


def _whole(decision: object) -> Optional[Admission]:
    """The admission if it is allowed and has a key and its tenant, else None."""
    if not isinstance(decision, Admission) or decision.allowed is not True or decision.status != 200:
        return None
    return decision if isinstance(decision.key, VerifiedKey) and isinstance(decision.tenant, VerifiedTenant) else None


def _is_refusal(status: object) -> bool:
    return isinstance(status, int) and not isinstance(status, bool) and 400 <= status <= 599
