export type { Admission, Decision, Denial, RateLimit, VerifiedKey, VerifiedTenant } from "./decision.ts";
export { createGuard, type Guard, type GuardOptions, type Rules } from "./guard.ts";
export { headersOf, type Problem, type ProblemOptions, problemOf } from "./problem.ts";
export { createProtection, type KeywrightOptions, type Outcome, type Protection } from "./protect.ts";
export { KeywrightError, type OnError, type Reason } from "./report.ts";
export { type HeaderLines, takeKey } from "./take-key.ts";
export { createVerifier, type NamedCost, type Question, type RequestFacts, type Verifier, type VerifierOptions } from "./verifier.ts";
