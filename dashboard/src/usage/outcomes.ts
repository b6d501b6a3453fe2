/** The outcomes of a request, in stacking order. */
export const OUTCOMES = ["allowed", "limited", "refused"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const OUTCOME_WORDS: Readonly<Record<Outcome, { readonly name: string; readonly means: string }>> = {
	allowed: { name: "Allowed", means: "The request was let through" },
	limited: { name: "Limited", means: "Too many requests for the plan; the program may try again later" },
	refused: { name: "Refused", means: "The key was not allowed to do this, or was not valid" },
};

const LIMITED: readonly string[] = ["rate_limited", "quota_exceeded", "too_many_auth_failures", "too_many_refusals"];

export function getOutcome(code: string): Outcome {
	if (code === "allowed") return "allowed";
	return LIMITED.includes(code) ? "limited" : "refused";
}

const REASONS: Readonly<Record<string, string>> = {
	key_invalid: "The key was not right",
	key_expired: "The key had expired",
	key_revoked: "The key was revoked",
	key_rotated: "The old key, which was replaced",
	key_paused: "The key was paused",
	tenant_suspended: "Your access was suspended",
	ip_not_allowed: "From an address that is not allowed",
	client_not_allowed: "From a browser or an app",
	environment_mismatch: "At a site of another environment",
	capability_not_in_plan: "Not included in your plan",
	permission_missing: "The key does not have the permission",
	not_found: "Another tenant or a site that is not the key's",
	rate_limited: "Too many requests in a short time",
	quota_exceeded: "The month's requests were used up",
	too_many_auth_failures: "Too many wrong keys from one address",
	too_many_refusals: "Too many refused requests in a row",
};

/** Formats the reason of a refusal; an unknown code is shown as it is. */
export function formatReason(code: string): string {
	return (Object.hasOwn(REASONS, code) ? REASONS[code] : undefined) ?? code.replaceAll("_", " ");
}
