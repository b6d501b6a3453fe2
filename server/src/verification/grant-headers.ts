import type { FastifyReply } from "fastify";
import type { Grant } from "./grants/grant.ts";
import { getPolicyHeader, getRateLimitHeader } from "./limits/headers.ts";
import type { NamedCosts } from "./limits/policy.ts";
import type { Decision } from "./question.ts";
import type { Verifier } from "./verifier.ts";

/** Sets the rate limit headers and the expiry when the secret matched. Sets them directly, because keyed requests should not allocate a list. */
export function setGrantHeaders(reply: FastifyReply, { left }: Decision, grant: Grant, named: NamedCosts | null, verifier: Verifier): void {
	const at = verifier.now();
	const policy = getPolicyHeader(grant, at, named, verifier.ledger);
	if (policy !== null) {
		reply.header("ratelimit-policy", policy);
		const state = getRateLimitHeader(grant, at, named, verifier.ledger, left);
		if (state !== "") reply.header("ratelimit", state);
	}
	const ends_at = formatEnd(grant);
	if (ends_at !== null) reply.header("x-api-key-expires", ends_at);
}

/** The headers of `setGrantHeaders` as alternating names and values. */
export function grantLines({ left }: Decision, grant: Grant, named: NamedCosts | null, verifier: Verifier): string[] {
	const at = verifier.now();
	const policy = getPolicyHeader(grant, at, named, verifier.ledger);
	const lines = policy === null ? [] : ["ratelimit-policy", policy];
	const state = policy === null ? "" : getRateLimitHeader(grant, at, named, verifier.ledger, left);
	if (state !== "") lines.push("ratelimit", state);
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
