"""The core of both adapters."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Optional, Union

from .decision import Admission, Decision, Denial
from .guard import Rules
from .incoming import HeaderLines, Request
from .problem import Problem, ProblemOptions, headers_of, problem_of
from .report import OnError, create_reporter
from .verifier import RequestFacts, Verifier


@dataclass(frozen=True)
class Arrived:
    """One request: as rules see it, its header lines, and what Keywright is told of it."""

    request: Request
    lines: HeaderLines
    facts: RequestFacts


@dataclass(frozen=True)
class Admitted:
    """The request may go on; `headers` belong on its response."""

    admission: Admission
    headers: dict[str, str]


Outcome = Union[Admitted, Problem]


class Protection:
    """For an app as a whole: where to ask, and how problems look. Takes the options of `Verifier`, or a `verifier`."""

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
        if verifier is None:
            if url is None or credential is None:
                raise ValueError("give url and credential, or a verifier")
            self._verifier = Verifier(
                url, credential, timeout_ms=timeout_ms, max_concurrent=max_concurrent, on_error=on_error, ssl_context=ssl_context
            )
        elif url is not None or credential is not None:
            raise ValueError("give url and credential, or a verifier, and not both")
        else:
            self._verifier = verifier
        self._own = verifier is None
        self._report = create_reporter(on_error)
        self._problems = ProblemOptions(realm, type_base)

    def decide(self, rules: Rules, arrived: Arrived) -> Outcome:
        question = rules.question(arrived.request, arrived.lines, arrived.facts, self._report)
        return self._outcome(question if isinstance(question, Denial) else self._verifier.verify(question))

    async def decide_async(self, rules: Rules, arrived: Arrived) -> Outcome:
        question = rules.question(arrived.request, arrived.lines, arrived.facts, self._report)
        return self._outcome(question if isinstance(question, Denial) else await self._verifier.verify_async(question))

    def close(self) -> None:
        """Closes the verifier, unless it was handed in."""
        if self._own:
            self._verifier.close()

    def _outcome(self, decision: Decision) -> Outcome:
        if isinstance(decision, Denial):
            return problem_of(decision, self._problems)
        return Admitted(decision, headers_of(decision))
