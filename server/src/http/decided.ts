/** Where decisions about keys are asked for: at a keyed route, by a service at the verify endpoint, by a proxy at the forward-auth address. */
export const DECISION_KINDS = ["keyed", "verify", "forward-auth"] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

/** Called with each decision: its code (`allowed`, or that of the refusal), and how long it took since the head of its request was read. */
export type OnDecided = (kind: DecisionKind, code: string, duration_ms: number) => void;

/** The code in the answer of a row that decides. */
export function codeOf(result: unknown): string {
	if (result !== null && typeof result === "object" && "code" in result && typeof result.code === "string") return result.code;
	throw new Error("impossible state: a row that decides answers without a code");
}
