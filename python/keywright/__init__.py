"""Keywright for Python: guards for WSGI (`keywright.wsgi`) and ASGI (`keywright.asgi`), and the verifier below them."""

from .codes import CODES
from .decision import Admission, Decision, Denial, RateLimit, VerifiedKey, VerifiedTenant
from .problem import Problem, problem_of
from .report import KeywrightError
from .take_key import take_key
from .verifier import NamedCost, Question, RequestFacts, Verifier

__all__ = [
    "CODES",
    "Admission",
    "Decision",
    "Denial",
    "KeywrightError",
    "NamedCost",
    "Problem",
    "Question",
    "RateLimit",
    "RequestFacts",
    "VerifiedKey",
    "VerifiedTenant",
    "Verifier",
    "problem_of",
    "take_key",
]
