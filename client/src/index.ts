export { createGuard, type Guard, type GuardOptions } from "./guard.ts";
export { getHeaders, getProblem, type Problem, type ProblemOptions } from "./problem.ts";
export { createProtection, type Decide, type KeywrightOptions, type Outcome, type Protection } from "./protect.ts";
export { KeywrightError, type OnError, type Reason } from "./report.ts";
export { type HeaderLines, takeKey } from "./request/take-key.ts";
export type { Target } from "./request/target.ts";
export type { Rules } from "./rules.ts";
export type { Admission, Decision, Denial, RateLimit, VerifiedKey, VerifiedTenant } from "./verifier/decision.ts";
export { createVerifier, type NamedCost, type Question, type RequestFacts, type Verifier, type VerifierOptions } from "./verifier/verifier.ts";
