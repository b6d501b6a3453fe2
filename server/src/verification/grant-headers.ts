import type { FastifyReply } from "fastify";
import type { Grant } from "./grants/grant.ts";
import { type NamedCosts, policyHeader } from "./limits/policy.ts";
import { rateLimitHeader } from "./limits/spend.ts";
import type { Decision } from "./question.ts";
import type { Verifier } from "./verifier.ts";

/** Sets the rate limit headers and the expiry when the secret matched. Sets them directly, because keyed requests should not allocate a list. */
export function setGrantHeaders(reply: FastifyReply, { left }: Decision, grant: Grant, named: NamedCosts | null, verifier: Verifier): void {
	const policy = policyHeader(grant.policy, named);
	if (policy !== null) {
		reply.header("ratelimit-policy", policy);
		reply.header("ratelimit", rateLimitHeader(grant, verifier.now(), named, left));
	}
	const ends_at = formatEnd(grant);
	if (ends_at !== null) reply.header("x-api-key-expires", ends_at);
}

/** The headers of `setGrantHeaders` as alternating names and values. */
export function grantLines({ left }: Decision, grant: Grant, named: NamedCosts | null, verifier: Verifier): string[] {
	const policy = policyHeader(grant.policy, named);
	const lines = policy === null ? [] : ["ratelimit-policy", policy, "ratelimit", rateLimitHeader(grant, verifier.now(), named, left)];
	const ends_at = formatEnd(grant);
	if (ends_at !== null) lines.push("x-api-key-expires", ends_at);
	return lines;
}

/** When the presented secret stops working: at the end of its key or of its rotation. Null without an end, and for a retired secret. */
export function formatEnd(grant: Grant): string | null {
	if (grant.retired) return null;
	const { retires_at_ms, expires_at_ms } = grant;
	if (retires_at_ms === null || (expires_at_ms !== null && expires_at_ms <= retires_at_ms)) return grant.expires_at;
	return new Date(retires_at_ms).toISOString();
}
