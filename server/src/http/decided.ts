/** Where keys are verified: at a keyed route, by a service at the verify endpoint, or by a proxy with forward auth. */
export const DECISION_KINDS = ["keyed", "verify", "forward-auth"] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

/** Called with each decision: its code (`allowed`, or that of the refusal), and the time since the request's head was parsed. */
export type OnDecided = (kind: DecisionKind, code: string, duration_ms: number) => void;

/** The code in the response of a route that returns a decision. */
export function getDecisionCode(result: unknown): string {
	if (result !== null && typeof result === "object" && "code" in result && typeof result.code === "string") return result.code;
	throw new Error("impossible state: a decision route responded without a code");
}
