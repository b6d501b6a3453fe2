export type { Admission, Decision, Denial, RateLimit, VerifiedKey, VerifiedTenant } from "./decision.ts";
export { createGuard, type Guard, type GuardOptions } from "./guard.ts";
export { headersOf, type Problem, type ProblemOptions, problemOf } from "./problem.ts";
export { createProtection, type Decide, type KeywrightOptions, type Outcome, type Protection } from "./protect.ts";
export { KeywrightError, type OnError, type Reason } from "./report.ts";
export type { Rules } from "./rules.ts";
export { type HeaderLines, takeKey } from "./take-key.ts";
export type { Target } from "./target.ts";
export { createVerifier, type NamedCost, type Question, type RequestFacts, type Verifier, type VerifierOptions } from "./verifier.ts";
